// SPDX-License-Identifier: MIT
// scoreboard: compares an AXI4-Stream, beat by beat, with a file; stalls it.
//
// File: a line for each beat, its {user, last, data} in hexadecimal; with user, a line "beats lines"
// follows, the size of the frame, which line_beats and frame_lines show from the end of the frame
// before it on; they are 0 after the last one. What is wrong is counted, the first mismatch is kept.
// The rules of the stream are axis_checker's. Stalls: after each beat, with probability STALL/256, up to
// 2**stall_bits clocks without tready. With `capture`, the beats also go to the file output.hex, a line "user last data" each.
`default_nettype none

module scoreboard #(
    parameter DATA_W = 32
) (
    input wire clk,
    input wire rst,
    input wire go,
    input wire [7:0] stall,
    input wire [3:0] stall_bits,
    input wire [31:0] seed,
    input wire capture,
    input wire [DATA_W-1:0] tdata,
    input wire tuser,
    input wire tlast,
    input wire tvalid,
    output reg tready,
    output reg [15:0] line_beats,
    output reg [15:0] frame_lines,
    output reg done,  // every beat of the file was compared
    output reg [31:0] beats,
    output reg [31:0] mismatches,
    output reg [31:0] surplus,
    output reg [31:0] first_beat,
    output reg [DATA_W+1:0] first_expected,
    output reg [DATA_W+1:0] first_got
);
    integer file;
    integer out;
    reg [DATA_W+1:0] want;
    reg [15:0] next_beats;
    reg [15:0] next_lines;
    reg loaded;
    reg [31:0] random;
    reg [15:0] wait_q;
    wire [DATA_W+1:0] beat = {tuser, tlast, tdata};
    wire run = go && !rst;
    wire taken = tvalid && tready;

    initial begin
        line_beats = 16'd0;
        frame_lines = 16'd0;
        done = 1'b0;
        loaded = 1'b0;
        tready = 1'b0;
        beats = 0;
        mismatches = 0;
        surplus = 0;
        first_beat = 0;
        first_expected = 0;
        first_got = 0;
        wait_q = 0;
        random = 1;
        out = 0;
        file = $fopen("expected.hex", "r");
    end

    task load;
        begin
            loaded = $fscanf(file, "%h\n", want) == 1;
            if (loaded && want[DATA_W+1]) begin
                loaded = $fscanf(file, "%h %h\n", next_beats, next_lines) == 2;
                line_beats  <= next_beats;
                frame_lines <= next_lines;
            end
            if (!loaded) begin
                done = 1'b1;
                line_beats  <= 16'd0;
                frame_lines <= 16'd0;
            end
        end
    endtask

    always @(posedge clk) begin
        if (!run) begin
            random = seed ^ 32'h7f4a7c15;
            tready <= 1'b0;
        end else begin
            if (!loaded && !done) load;
            if (stall != 0) begin
                random = random ^ (random << 13);
                random = random ^ (random >> 17);
                random = random ^ (random << 5);
            end
            if (taken) begin
                if (capture) begin
                    if (out == 0) out = $fopen("output.hex", "w");
                    $fdisplay(out, "%h %h %h", tuser, tlast, tdata);
                end
                if (done) begin
                    surplus = surplus + 1;
                end else begin
                    if (beat !== want) begin
                        if (mismatches == 0) begin
                            first_beat = beats;
                            first_expected = want;
                            first_got = beat;
                        end
                        mismatches = mismatches + 1;
                    end
                    beats = beats + 1;
                    load;
                end
            end

            if (stall == 0) begin
                tready <= 1'b1;
            end else if (wait_q != 0) begin
                wait_q <= wait_q - 1'b1;
                tready <= 1'b0;
            end else if (random[7:0] < stall) begin
                wait_q <= random[23:8] & ((16'd1 << stall_bits) - 1'b1);
                tready <= 1'b0;
            end else begin
                tready <= 1'b1;
            end
        end
    end

    // The last lines of output.hex must be on disk when the bench says it is done.
    always @(posedge done) if (capture && out != 0) $fflush(out);
endmodule

`default_nettype wire
