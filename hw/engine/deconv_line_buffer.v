// SPDX-License-Identifier: MIT
// deconv_line_buffer: the newest LINES rows and the incoming pixel, one column at a time.
//
//   column[k] = pixel at column step_x of the row k slots before the incoming one, k = 0 .. LINES
//
// Row 0, the incoming pixel, is in the least significant bits.
//
// Storage: LINES memories of MAX_W pixels, used in turn: the row of slot n lies in memory n modulo
// LINES. A pixel is written one clock after the oldest row's pixel at its address was read, so the
// write needs nothing of what was read, and rows may be one pixel wide. No step reads an address in the
// clock in which it is written: that is the clock after its own step, and the next step at the same
// address comes two clocks later at the earliest, as no slot is shorter. What is read between two steps
// is not used.
//
//   stage 1   memory read
//   stage 2   memory output register
//   stage 3   memories turned into rows by age
//
// Latency: 3 clocks from step to column. Throughput: one column a clock.
// Golden: deconv4k.golden.reference.windows, its rows
`default_nettype none

module deconv_line_buffer #(
    parameter LINES = 4,
    parameter MAX_W = 1920,
    parameter PIXEL_BITS = 8,
    parameter WIDTH_W = 11
) (
    input wire clk,
    input wire rst,
    input wire step,
    input wire step_end,
    input wire step_fill,
    input wire [PIXEL_BITS-1:0] step_pixel,
    input wire [WIDTH_W-1:0] step_x,
    output wire [(LINES+1)*PIXEL_BITS-1:0] column
);
    wire [PIXEL_BITS-1:0] pixel_q2;

    deconv_delay #(
        .WIDTH(PIXEL_BITS),
        .DEPTH(2)
    ) pixel_delay (
        .clk(clk),
        .rst(1'b0),
        .d(step_pixel),
        .q(pixel_q2)
    );

    reg [(LINES+1)*PIXEL_BITS-1:0] column_q3;
    assign column = column_q3;
    always @(posedge clk) column_q3[0+:PIXEL_BITS] <= pixel_q2;

    generate
        if (LINES == 0) begin : g_no_lines
            wire unused = &{1'b0, rst, step, step_end, step_fill, step_x, MAX_W[0]};
        end else begin : g_lines
            localparam ADDR_W = MAX_W > 1 ? $clog2(MAX_W) : 1;
            localparam LANE_W = LINES > 1 ? $clog2(LINES) : 1;
            localparam LAST = LINES - 1;
            localparam [LANE_W-1:0] LAST_LANE = LAST[LANE_W-1:0];

            // The memory that this slot's row goes to; it held the oldest row.
            reg [LANE_W-1:0] lane_q;
            reg [LANE_W-1:0] lane_q2;
            reg [LANE_W-1:0] lane_q3;
            reg write_q2;
            reg [PIXEL_BITS-1:0] pixel_wr_q2;
            reg [ADDR_W-1:0] x_q2;
            wire [ADDR_W-1:0] x = step_x[ADDR_W-1:0];

            always @(posedge clk) begin
                if (step && step_end) lane_q <= lane_q == LAST_LANE ? 0 : lane_q + 1'b1;
                if (rst) lane_q <= 0;
                lane_q2 <= lane_q;
                lane_q3 <= lane_q2;
                write_q2 <= step && step_fill;
                pixel_wr_q2 <= step_pixel;
                x_q2 <= x;
            end

            wire [LINES*PIXEL_BITS-1:0] read;
            genvar lane, k;
            for (lane = 0; lane < LINES; lane = lane + 1) begin : g_memory
                wire [PIXEL_BITS-1:0] pixel;
                wire [(lane+1)*PIXEL_BITS-1:0] joined;
                if (lane == 0) begin : g_first
                    assign joined = pixel;
                end else begin : g_join
                    assign joined = {pixel, g_memory[lane-1].joined};
                end
                deconv_ram #(
                    .WIDTH(PIXEL_BITS),
                    .DEPTH(MAX_W)
                ) line (
                    .clk(clk),
                    .wr_en(write_q2 && lane_q2 == lane),
                    .wr_addr(x_q2),
                    .wr_data(pixel_wr_q2),
                    .rd_addr(x),
                    .rd_data(pixel)
                );
            end
            assign read = g_memory[LINES-1].joined;

            // The row k slots ago lies in memory (lane - k) modulo LINES.
            for (k = 1; k <= LINES; k = k + 1) begin : g_row
                localparam BACK = LINES - k;
                wire [LANE_W:0] back = {1'b0, lane_q3} + BACK[LANE_W:0];
                wire [LANE_W:0] from =
                    back > {1'b0, LAST_LANE} ? back - LINES[LANE_W:0] : back;
                always @(posedge clk) begin
                    column_q3[k*PIXEL_BITS+:PIXEL_BITS] <= read[from*PIXEL_BITS+:PIXEL_BITS];
                end
            end

            if (WIDTH_W > ADDR_W) begin : g_unused
                wire unused = &{1'b0, step_x[WIDTH_W-1:ADDR_W]};
            end
        end
    endgenerate
endmodule

`default_nettype wire
