// SPDX-License-Identifier: MIT
// deconv_window: the pixels around one centre pixel, zero outside its frame.
//
//   out[dy, dx] = in[y + dy, x + dx], or 0 where that lies outside the frame,
//   dy, dx = -BEHIND .. AHEAD
//
// The pixel (dy, dx) is in bits ((dx + BEHIND) * SIDE + AHEAD - dy) * PIXEL_BITS and up, as columns
// come, SIDE = AHEAD + BEHIND + 1.
//
// Columns come from deconv_line_buffer, the newest row first, with the edges of their centre row:
// rows outside are zeroed as they enter. A column is centre AHEAD steps after it entered; columns
// beyond the right edge (they belong to the next slot) and beyond the left one (to the slot before)
// are zeroed when the centre moves, by the synchronous reset of the window's registers. No logic
// lies between the registers of two columns.
//
//   stage 1   column with rows zeroed
//   stage 2   window
//
// Latency: 2 clocks, and AHEAD steps. Throughput: one column a clock.
// Golden: deconv4k.golden.reference.windows
`default_nettype none

module deconv_window #(
    parameter AHEAD = 2,
    parameter BEHIND = 2,
    parameter SIDE = AHEAD + BEHIND + 1,
    parameter PIXEL_BITS = 9,
    parameter NEAR_W = 2,
    parameter TAG_W = 2
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
    input wire take,
    input wire [TAG_W-1:0] tag,

    // out_valid: a clock with a new live centre; the window stays until the next step. out_take: the
    // clock before that, if `take` came with the centre's column
    output wire out_take,
    output wire out_valid,
    output wire [TAG_W-1:0] out_tag,
    output wire [SIDE*SIDE*PIXEL_BITS-1:0] out
);
    localparam COLUMN_W = SIDE * PIXEL_BITS;
    localparam META_W = 2 * NEAR_W + 2 + TAG_W;

    // Stage 1. Row k of the column is k slots older than the incoming row: dy = AHEAD - k.
    reg step_q;
    reg [COLUMN_W-1:0] column_q;
    reg [META_W-1:0] meta_q;
    always @(posedge clk) begin
        meta_q <= {left, right, live, take, tag};
        step_q <= step && !rst;
    end

    genvar k;
    generate
        for (k = 0; k < SIDE; k = k + 1) begin : g_row
            // fewer rows up to the edge than between this row and the centre
            wire outside;
            if (k < AHEAD) begin : g_below
                localparam ROWS = AHEAD - k;
                assign outside = below < ROWS[NEAR_W-1:0];
            end else if (k > AHEAD) begin : g_above
                localparam ROWS = k - AHEAD;
                assign outside = above < ROWS[NEAR_W-1:0];
            end else begin : g_centre
                assign outside = 1'b0;
            end
            always @(posedge clk) begin
                if (outside) column_q[k*PIXEL_BITS+:PIXEL_BITS] <= {PIXEL_BITS{1'b0}};
                else column_q[k*PIXEL_BITS+:PIXEL_BITS] <= column[k*PIXEL_BITS+:PIXEL_BITS];
            end
        end
    endgenerate

    // Columns ahead of the centre, unmasked, the newest in the upper bits, with what is known of
    // them as centre. The next centre is the column that entered AHEAD steps ago.
    wire [(AHEAD+1)*COLUMN_W-1:0] ahead;
    wire [META_W-1:0] next;
    wire [META_W-1:0] next_but_one;  // what `next` will be if there is a step
    generate
        if (AHEAD == 0) begin : g_none_ahead
            assign ahead = column_q;
            assign next = meta_q;
            assign next_but_one = {left, right, live, take, tag};
        end else begin : g_ahead
            reg [AHEAD*COLUMN_W-1:0] raw_q;
            reg [AHEAD*META_W-1:0] raw_meta_q;
            wire [(AHEAD+1)*META_W-1:0] meta = {meta_q, raw_meta_q};
            assign ahead = {column_q, raw_q};
            assign next = meta[0+:META_W];
            assign next_but_one = step_q ? meta[META_W+:META_W] : next;
            always @(posedge clk) begin
                if (step_q) begin
                    raw_q <= ahead[COLUMN_W+:AHEAD*COLUMN_W];
                    raw_meta_q <= meta[META_W+:AHEAD*META_W];
                end
                if (rst) raw_meta_q <= {AHEAD * META_W{1'b0}};
            end
        end
    endgenerate
    wire [NEAR_W-1:0] next_left;
    wire [NEAR_W-1:0] next_right;
    wire next_live;
    wire next_take;
    wire [TAG_W-1:0] next_tag;
    assign {next_left, next_right, next_live, next_take, next_tag} = next;

    // Stage 2. One vector for the whole window: simulators are far slower at joining many.
    reg [SIDE*COLUMN_W-1:0] window_q;
    assign out = window_q;
    genvar i;
    generate
        for (i = 0; i < SIDE; i = i + 1) begin : g_column
            wire outside;
            wire [COLUMN_W-1:0] source;
            if (i < BEHIND) begin : g_left
                // What was one column to the right. It was zeroed only if this one must be, too.
                localparam COLUMNS = BEHIND - i;
                assign outside = next_left < COLUMNS[NEAR_W-1:0];
                assign source = window_q[(i+1)*COLUMN_W+:COLUMN_W];
            end else if (i > BEHIND) begin : g_right
                localparam COLUMNS = i - BEHIND;
                assign outside = next_right < COLUMNS[NEAR_W-1:0];
                assign source = ahead[(i-BEHIND)*COLUMN_W+:COLUMN_W];
            end else begin : g_centre
                assign outside = 1'b0;
                assign source = ahead[0+:COLUMN_W];
            end
            always @(posedge clk) begin
                if (step_q) begin
                    if (outside) window_q[i*COLUMN_W+:COLUMN_W] <= {COLUMN_W{1'b0}};
                    else window_q[i*COLUMN_W+:COLUMN_W] <= source;
                end
            end
        end
        if (AHEAD == 0 || BEHIND == 0) begin : g_one_sided
            wire unused = &{1'b0, above, below, next_left, next_right};
        end
    endgenerate

    reg take_q;
    assign out_take = take_q;
    always @(posedge clk) take_q <= step && &next_but_one[TAG_W+:2] && !rst;
    wire unused = &{1'b0, next_take, next_but_one};

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
