// SPDX-License-Identifier: MIT
// deconv_edges: how near each column is to the edges of its centre row, and what it launches.
//
//   left  = min(x, BEHIND), right = min(width - 1 - x, AHEAD): pixels of the frame on either side
//   live  = the column will be a centre: x < width, or the padding of an odd width to GROUP = 2
//
// A live column is announced as `launch` to deconv_raster, which keeps room for its outputs; the
// first of a row brings `row`, the beats of its output lines and whether the first of them starts a
// frame.
//
//   stage 1   compare, subtract
//   stage 2   launch, row; left and right clipped
//   stage 3   left, right, live, half, pad, in step with deconv_line_buffer
//
// Latency: 3 clocks from step to out_step, 2 to launch. Throughput: one column a clock.
`default_nettype none

module deconv_edges #(
    parameter AHEAD = 2,
    parameter BEHIND = 2,
    parameter GROUP = 2,
    parameter LINE_BEATS = 1,  // beats of an output line for each GROUP pixels of input
    parameter WIDTH_W = 11,
    parameter NEAR_W = 2,
    parameter BEATS_W = 10
) (
    input wire clk,
    input wire rst,
    input wire step,
    input wire [WIDTH_W-1:0] step_x,
    input wire [WIDTH_W-1:0] centre_width,
    input wire [NEAR_W-1:0] centre_above,
    input wire [NEAR_W-1:0] centre_below,
    input wire centre_first,
    input wire centre_take,
    input wire centre_last,

    output wire launch,
    output wire row,
    output wire row_sof,
    output wire row_last,
    output wire [BEATS_W-1:0] row_beats,

    output wire out_step,
    output wire [NEAR_W-1:0] above,
    output wire [NEAR_W-1:0] below,
    output wire [NEAR_W-1:0] left,
    output wire [NEAR_W-1:0] right,
    output wire live,
    output wire take,
    output wire half,
    output wire pad
);
    localparam MOST = AHEAD > BEHIND ? AHEAD : BEHIND;
    localparam [NEAR_W-1:0] FAR = MOST[NEAR_W-1:0];
    localparam [WIDTH_W-1:0] FAR_X = MOST[WIDTH_W-1:0];

    wire [WIDTH_W:0] pixels = {1'b0, centre_width};
    wire [WIDTH_W:0] groups = GROUP == 2 ? (pixels + 1'b1) >> 1 : pixels;
    wire [31:0] line = groups * LINE_BEATS;
    wire unused = &{1'b0, line[31:BEATS_W]};

    // One register for all: simulators pay for each.
    localparam EDGE_W = 7 + 2 * WIDTH_W + BEATS_W;
    wire [EDGE_W-1:0] now = {
        step_x < centre_width,
        GROUP == 2 && step_x == centre_width && step_x[0],
        step_x == 0,
        step_x[0],
        step_x,
        centre_width + ~step_x,  // width - 1 - x
        centre_first,
        centre_take,
        centre_last,
        line[BEATS_W-1:0]
    };
    reg [EDGE_W-1:0] edge_q;
    always @(posedge clk) edge_q <= now;
    wire inside_q;
    wire pad_q;
    wire first_x_q;
    wire half_q;
    wire [WIDTH_W-1:0] left_q;
    wire [WIDTH_W-1:0] right_q;
    wire sof_q;
    wire take_q;
    wire end_q;
    wire [BEATS_W-1:0] beats_q;
    assign {
        inside_q, pad_q, first_x_q, half_q, left_q, right_q, sof_q, take_q, end_q, beats_q
    } = edge_q;

    wire [NEAR_W-1:0] left_1 = left_q > FAR_X ? FAR : left_q[NEAR_W-1:0];
    wire [NEAR_W-1:0] right_1 = right_q > FAR_X ? FAR : right_q[NEAR_W-1:0];
    wire step_q;
    deconv_delay #(
        .WIDTH(1),
        .DEPTH(1)
    ) step_delay (
        .clk(clk),
        .rst(rst),
        .d(step),
        .q(step_q)
    );

    wire live_1 = inside_q || pad_q;
    wire launch_1 = step_q && live_1 && !(GROUP == 2 && half_q);
    wire row_1 = step_q && inside_q && first_x_q;
    deconv_delay #(
        .WIDTH(4 + BEATS_W),
        .DEPTH(1)
    ) launch_delay (
        .clk(clk),
        .rst(rst),
        .d({launch_1, row_1, sof_q, end_q, beats_q}),
        .q({launch, row, row_sof, row_last, row_beats})
    );

    deconv_delay #(
        .WIDTH(5 + 2 * NEAR_W),
        .DEPTH(2)
    ) column_delay (
        .clk(clk),
        .rst(rst),
        .d({step_q, left_1, right_1, live_1, take_q && first_x_q, half_q, pad_q}),
        .q({out_step, left, right, live, take, half, pad})
    );

    deconv_delay #(
        .WIDTH(2 * NEAR_W),
        .DEPTH(3)
    ) row_delay (
        .clk(clk),
        .rst(rst),
        .d({centre_above, centre_below}),
        .q({above, below})
    );
endmodule

`default_nettype wire
