// window: the pixels around one centre pixel, zero outside its frame.
//
//   out[dy, dx] = in[y + dy, x + dx], or 0 where that lies outside the frame,
//   dy, dx = -BEHIND .. AHEAD
//
// The pixel (dy, dx) of channel c is in bits ((dy + BEHIND) * SIDE + dx + BEHIND) * PIXEL_BITS and up,
// SIDE = AHEAD + BEHIND + 1.
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
    wire [(AHEAD+1)*SIDE*PIXEL_BITS-1:0] ahead;
    wire [(AHEAD+1)*META_W-1:0] ahead_meta;
    assign ahead[0+:SIDE*PIXEL_BITS] = column_q;
    assign ahead_meta[0+:META_W] = meta_q;

    genvar i, dx, row;
    generate
        for (i = 1; i <= AHEAD; i = i + 1) begin : g_ahead
            reg [SIDE*PIXEL_BITS-1:0] raw_q;
            reg [META_W-1:0] raw_meta_q;
            assign ahead[i*SIDE*PIXEL_BITS+:SIDE*PIXEL_BITS] = raw_q;
            assign ahead_meta[i*META_W+:META_W] = raw_meta_q;
            always @(posedge clk) begin
                if (step_q) begin
                    raw_q <= ahead[(i-1)*SIDE*PIXEL_BITS+:SIDE*PIXEL_BITS];
                    raw_meta_q <= ahead_meta[(i-1)*META_W+:META_W];
                end
                if (rst) raw_meta_q <= {META_W{1'b0}};
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

    generate
        for (dx = -BEHIND; dx <= AHEAD; dx = dx + 1) begin : g_column
            reg [SIDE*PIXEL_BITS-1:0] pixels_q;
            wire [SIDE*PIXEL_BITS-1:0] next;
            wire outside;
            if (dx >= 0) begin : g_right
                assign next = ahead[(AHEAD-dx)*SIDE*PIXEL_BITS+:SIDE*PIXEL_BITS];
                assign outside = dx > 0 && fewer(next_right, dx);
            end else begin : g_left
                // What was one column to the right. It was zeroed only if this one must be, too.
                assign next = g_column[dx+1].pixels_q;
                assign outside = fewer(next_left, -dx);
            end
            always @(posedge clk) begin
                if (step_q) begin
                    pixels_q <= next;
                    if (outside) pixels_q <= {SIDE * PIXEL_BITS{1'b0}};
                end
            end
            for (row = 0; row < SIDE; row = row + 1) begin : g_row
                // Row k = SIDE - 1 of the column is the oldest: dy = -BEHIND.
                assign out[(row*SIDE+dx+BEHIND)*PIXEL_BITS+:PIXEL_BITS] =
                    pixels_q[(SIDE-1-row)*PIXEL_BITS+:PIXEL_BITS];
            end
        end
    endgenerate

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
