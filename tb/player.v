// SPDX-License-Identifier: MIT
// player: beats of video from a file onto an AXI4-Stream, with pauses.
//
// File: a line for each beat, its {user, last, data} in hexadecimal; with user, a line "width height"
// follows, which is shown on frame_width and frame_height from that beat on.
// It offers no more than `limit` beats in all; the rest waits until the limit is raised. In reset it
// stops, and then goes on behind the beat that it had offered.
// Pauses: before each beat, with probability PAUSE/256, up to 2**pause_bits clocks. While no beat is
// offered the data are unknown (X), so that an engine that looks at them anyway is found out.
`default_nettype none

module player #(
    parameter DATA_W = 8
) (
    input wire clk,
    input wire rst,
    input wire go,
    input wire [7:0] pause,
    input wire [3:0] pause_bits,
    input wire [31:0] seed,
    input wire [31:0] limit,
    output reg [15:0] frame_width,
    output reg [15:0] frame_height,
    output reg [DATA_W-1:0] tdata,
    output reg tuser,
    output reg tlast,
    output reg tvalid,
    input wire tready,
    output reg done  // every beat of the file was accepted
);
    integer file;
    wire run = go && !rst;
    reg [15:0] next_width;
    reg [15:0] next_height;
    reg [DATA_W+1:0] next;  // {user, last, data}
    reg loaded;
    reg [31:0] offered;
    reg [31:0] random;
    reg [15:0] wait_q;
    wire pausing = pause != 0;
    wire free = tready || !tvalid;
    wire held = offered >= limit || wait_q != 0;

    // Blocking on purpose: the file is read in order, within one clock.
    initial begin
        loaded = 1'b0;
        offered = 0;
        done = 1'b0;
        tvalid = 1'b0;
        wait_q = 0;
        random = 1;
        file = $fopen("input.hex", "r");
    end

    always @(posedge clk) begin
        if (!run) begin
            random = seed ^ 32'h9e3779b9;
            tvalid <= 1'b0;
        end else begin
            if (pausing) begin
                random = random ^ (random << 13);
                random = random ^ (random >> 17);
                random = random ^ (random << 5);
            end
            if (free) begin
                if (!loaded) begin
                    loaded = $fscanf(file, "%h\n", next) == 1;
                    if (loaded && next[DATA_W+1]) begin
                        loaded = $fscanf(file, "%h %h\n", next_width, next_height) == 2;
                    end
                end
                if (loaded && !held && (!pausing || random[7:0] >= pause)) begin
                    {tuser, tlast, tdata} <= next;
                    tvalid <= 1'b1;
                    if (next[DATA_W+1]) begin
                        frame_width  <= next_width;
                        frame_height <= next_height;
                    end
                    loaded = 1'b0;
                    offered = offered + 1;
                end else begin
                    {tuser, tlast, tdata} <= {DATA_W + 2{1'bx}};
                    tvalid <= 1'b0;
                    if (!loaded) done <= 1'b1;
                    else if (wait_q != 0) wait_q <= wait_q - 1'b1;
                    else wait_q <= random[23:8] & ((16'd1 << pause_bits) - 1'b1);
                end
            end
        end
    end
endmodule

`default_nettype wire
