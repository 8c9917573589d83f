// window: the pixels around one centre pixel, zero outside its frame.
//
//   out[dy, dx] = in[y + dy, x + dx], or 0 where that lies outside the frame,
//   dy, dx = -BEHIND .. AHEAD
//
// The pixel (dy, dx) is in bits ((dx + BEHIND) * SIDE + AHEAD - dy) * PIXEL_BITS and up, as columns
// come, SIDE = AHEAD + BEHIND + 1.
//
// Columns come from line_buffer, the newest row first, with the edges of their centre row: rows
// outside are zeroed as they enter. A column is centre AHEAD steps after it entered; columns beyond
// the right edge (they belong to the next slot) and beyond the left one (to the slot before) are
// zeroed when the centre moves, by the synchronous reset of the window's registers. No logic lies
// between the registers of two columns.
//
//   stage 1   column with rows zeroed
//   stage 2   window
//
// Latency: 2 clocks, and AHEAD steps. Throughput: one column a clock.
// Golden: deconv4k.golden._polyphase, the loops over dy and dx
`default_nettype none

module window #(
    parameter AHEAD = 2,
    parameter BEHIND = 2,
    parameter SIDE = AHEAD + BEHIND + 1,
    parameter PIXEL_BITS = 8,
    parameter NEAR_W = 3,
    parameter TAG_W = 4
) (
    input wire clk,
    input wire rst,

    // a column, its centre row's edges (rows above and below within the frame), its own as centre
    input wire step,
    input wire [SIDE*PIXEL_BITS-1:0] column,
    input wire [NEAR_W-1:0] above,
    input wire [NEAR_W-1:0] below,
    input wire [NEAR_W-1:0] left,
    input wire [NEAR_W-1:0] right,
    input wire live,
    input wire [TAG_W-1:0] tag,

    // out_valid: a clock with a new live centre; the window stays until the next step
    output wire out_valid,
    output wire [TAG_W-1:0] out_tag,
    output wire [SIDE*SIDE*PIXEL_BITS-1:0] out
);
    // Whether there are fewer than `most` pixels up to the edge.
    function fewer(input [NEAR_W-1:0] near, input integer most);
        fewer = {{32 - NEAR_W{1'b0}}, near} < most;
    endfunction

    // Stage 1. Row k of the column is k slots older than the incoming row: dy = AHEAD - k.
    reg step_q;
    reg [SIDE*PIXEL_BITS-1:0] column_q;
    localparam META_W = 2 * NEAR_W + 1 + TAG_W;
    reg [META_W-1:0] meta_q;

    integer k;
    always @(posedge clk) begin
        column_q <= column;
        for (k = 0; k < SIDE; k = k + 1) begin
            if (k < AHEAD ? fewer(below, AHEAD - k) : fewer(above, k - AHEAD)) begin
                column_q[k*PIXEL_BITS+:PIXEL_BITS] <= {PIXEL_BITS{1'b0}};
            end
        end
        meta_q <= {left, right, live, tag};
        step_q <= step && !rst;
    end

    // Stage 2. Columns ahead of the centre, unmasked, with what is known of them as centre.
    localparam COLUMN_W = SIDE * PIXEL_BITS;
    wire [(AHEAD+1)*COLUMN_W-1:0] ahead;
    wire [(AHEAD+1)*META_W-1:0] ahead_meta;
    generate
        if (AHEAD == 0) begin : g_none_ahead
            assign ahead = column_q;
            assign ahead_meta = meta_q;
        end else begin : g_ahead
            reg [AHEAD*COLUMN_W-1:0] raw_q;
            reg [AHEAD*META_W-1:0] raw_meta_q;
            assign ahead = {raw_q, column_q};
            assign ahead_meta = {raw_meta_q, meta_q};
            always @(posedge clk) begin
                if (step_q) begin
                    raw_q <= ahead[AHEAD*COLUMN_W-1:0];
                    raw_meta_q <= ahead_meta[AHEAD*META_W-1:0];
                end
                if (rst) raw_meta_q <= {AHEAD * META_W{1'b0}};
            end
        end
    endgenerate

    // The next centre: the column that entered AHEAD steps ago.
    wire [NEAR_W-1:0] next_left;
    wire [NEAR_W-1:0] next_right;
    wire next_live;
    wire [TAG_W-1:0] next_tag;
    assign {next_left, next_right, next_live, next_tag} = ahead_meta[AHEAD*META_W+:META_W];
    wire unused = &{1'b0, next_left, next_right};

    // One vector for the whole window: simulators are far slower at joining many.
    reg [SIDE*COLUMN_W-1:0] window_q;
    reg [SIDE*COLUMN_W-1:0] next;
    assign out = window_q;

    integer i;
    always @* begin
        for (i = 0; i < SIDE; i = i + 1) begin
            if (i >= BEHIND) begin
                // right of the centre, or the centre itself
                next[i*COLUMN_W+:COLUMN_W] = ahead[(AHEAD+BEHIND-i)*COLUMN_W+:COLUMN_W];
                if (i > BEHIND && fewer(next_right, i - BEHIND)) begin
                    next[i*COLUMN_W+:COLUMN_W] = {COLUMN_W{1'b0}};
                end
            end else begin
                // What was one column to the right. It was zeroed only if this one must be, too.
                next[i*COLUMN_W+:COLUMN_W] = window_q[(i+1)*COLUMN_W+:COLUMN_W];
                if (fewer(next_left, BEHIND - i)) begin
                    next[i*COLUMN_W+:COLUMN_W] = {COLUMN_W{1'b0}};
                end
            end
        end
    end
    always @(posedge clk) if (step_q) window_q <= next;

    reg valid_q2;
    reg [TAG_W-1:0] tag_q2;
    assign out_valid = valid_q2;
    assign out_tag = tag_q2;
    always @(posedge clk) begin
        valid_q2 <= step_q && next_live && !rst;
        if (step_q) tag_q2 <= next_tag;
    end
endmodule

`default_nettype wire
