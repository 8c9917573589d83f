// SPDX-License-Identifier: MIT
// bench: the engine between a player and a scoreboard, with its own clock; checkers on both streams.
//
// Whole frames run without Python: cocotb sets `go`, waits for `done` and reads the results. The
// folder in which the simulation runs brings input.hex, expected.hex, kernel.hex (one weight a
// line, PyTorch's order) and bias.hex.
//
// Clocks are counted from the first one after reset. sof_in_* and sof_out_* are the clocks in which
// the first, the newest and the SOF before it were accepted, last_out the newest EOL at the output.
//
// The files may be played in segments: one ends, with `done`, when `limit` beats of input in all were
// accepted, `outputs` beats of output in all have come, and nothing moves any more; the last one has no
// limit and ends with the files. `again` begins the next one and what is counted here anew; the counts
// of scoreboard and checkers go on.
`timescale 1ns / 1ps
`default_nettype none

module bench #(
    parameter K = 9,
    parameter S = 2,
    parameter P = 4,
    parameter OP = 1,
    parameter C_IN = 1,
    parameter PPC = 4,
    parameter MAX_W = 1920,
    parameter PIXEL_W = 8,
    parameter PIXEL_SIGNED = 0,
    parameter WEIGHT_W = 10,
    parameter WEIGHT_SIGNED = 1,
    parameter BIAS_W = 0,
    parameter BIAS_SIGNED = 1,
    parameter PRODUCT_W = 0,
    parameter PRODUCT_SIGNED = 1,
    parameter PRODUCT_SHIFT = 0,
    parameter PRODUCT_Q = 5,
    parameter PRODUCT_O = 3,
    parameter ACC_W = 23,
    parameter ACC_SIGNED = 1,
    parameter OUT_W = 8,
    parameter OUT_SIGNED = 0,
    parameter OUT_SHIFT = 8,
    parameter OUT_Q = 0,
    parameter OUT_O = 0
);
    localparam IN_BITS = (C_IN * PIXEL_W + 7) / 8 * 8;
    localparam OUT_BITS = (PPC * OUT_W + 7) / 8 * 8;
    localparam BIAS_BITS = BIAS_W > 0 ? BIAS_W : 1;
    localparam WEIGHTS = C_IN * K * K;

    // set by cocotb
    reg go;
    reg [7:0] pause;
    reg [3:0] pause_bits;
    reg [7:0] stall;
    reg [3:0] stall_bits;
    reg [31:0] seed;
    reg capture;
    reg well_formed;  // what the player plays
    reg [31:0] patience;  // clocks without a beat on either side before the bench gives up
    reg [31:0] limit;  // 32'hffffffff: none
    reg [31:0] outputs;
    reg again;

    // read by cocotb
    reg done;
    reg hung;
    wire [31:0] beats;
    wire [31:0] mismatches;
    wire [31:0] surplus;
    wire [16*9-1:0] s_errors;
    wire [16*9-1:0] m_errors;
    wire [31:0] first_beat;
    wire [OUT_BITS+1:0] first_expected;
    wire [OUT_BITS+1:0] first_got;
    wire [31:0] s_beats;  // accepted
    reg [31:0] sofs_in;
    reg [31:0] sofs_out;
    reg [31:0] ends;
    reg [4:0] flags;  // eol_early, eol_late, sof_early, sof_late, bad_size; sticky
    reg [31:0] dropped;
    reg [31:0] sof_in_first;
    reg [31:0] sof_in_before;
    reg [31:0] sof_in_last;
    reg [31:0] sof_out_first;
    reg [31:0] last_out;

    reg clk;
    reg rst;
    initial begin
        clk = 1'b0;
        rst = 1'b1;
        go = 1'b0;
        again = 1'b0;
    end
    always #1 clk = !clk;

    reg [WEIGHT_W-1:0] weights[0:WEIGHTS-1];
    reg [BIAS_BITS-1:0] biases[0:0];
    reg [WEIGHTS*WEIGHT_W-1:0] kernel;
    integer i;
    initial begin
        $readmemh("kernel.hex", weights);
        $readmemh("bias.hex", biases);
        for (i = 0; i < WEIGHTS; i = i + 1) kernel[i*WEIGHT_W+:WEIGHT_W] = weights[i];
    end

    wire [15:0] frame_width;
    wire [15:0] frame_height;
    wire [IN_BITS-1:0] s_tdata;
    wire s_tuser;
    wire s_tlast;
    wire s_tvalid;
    wire s_tready;
    wire [OUT_BITS-1:0] m_tdata;
    wire m_tuser;
    wire m_tlast;
    wire m_tvalid;
    wire m_tready;
    wire played;
    wire compared;
    wire [15:0] line_beats;
    wire [15:0] frame_lines;
    wire [31:0] m_beats;

    player #(
        .DATA_W(IN_BITS)
    ) player (
        .clk(clk),
        .rst(rst),
        .go(go),
        .pause(pause),
        .pause_bits(pause_bits),
        .seed(seed),
        .limit(limit),
        .frame_width(frame_width),
        .frame_height(frame_height),
        .tdata(s_tdata),
        .tuser(s_tuser),
        .tlast(s_tlast),
        .tvalid(s_tvalid),
        .tready(s_tready),
        .done(played)
    );

    wire m_end;
    wire [4:0] events;
    wire drop;
    wire aborted;
    wire [1:0] kernel_signals;
    wire [C_IN*PIXEL_W-1:0] frame_pixel;
    wire [2:0] frame_signals;
    wire unused = &{1'b0, aborted, kernel_signals, frame_pixel, frame_signals};
    deconv_engine #(
        .K(K),
        .S(S),
        .P(P),
        .OP(OP),
        .C_IN(C_IN),
        .PPC(PPC),
        .MAX_W(MAX_W),
        .PIXEL_W(PIXEL_W),
        .PIXEL_SIGNED(PIXEL_SIGNED),
        .WEIGHT_W(WEIGHT_W),
        .WEIGHT_SIGNED(WEIGHT_SIGNED),
        .BIAS_W(BIAS_W),
        .BIAS_SIGNED(BIAS_SIGNED),
        .PRODUCT_W(PRODUCT_W),
        .PRODUCT_SIGNED(PRODUCT_SIGNED),
        .PRODUCT_SHIFT(PRODUCT_SHIFT),
        .PRODUCT_Q(PRODUCT_Q),
        .PRODUCT_O(PRODUCT_O),
        .ACC_W(ACC_W),
        .ACC_SIGNED(ACC_SIGNED),
        .OUT_W(OUT_W),
        .OUT_SIGNED(OUT_SIGNED),
        .OUT_SHIFT(OUT_SHIFT),
        .OUT_Q(OUT_Q),
        .OUT_O(OUT_O)
    ) dut (
        .clk(clk),
        .rst(rst),
        .frame_width(frame_width),
        .frame_height(frame_height),
        .kernel(kernel),
        .bias(biases[0]),
        .enable(1'b1),
        .abort_frame(1'b0),
        .take_kernel(1'b0),
        .kernel_claim(kernel_signals[0]),
        .kernel_take(kernel_signals[1]),
        .eol_early(events[0]),
        .eol_late(events[1]),
        .sof_early(events[2]),
        .sof_late(events[3]),
        .bad_size(events[4]),
        .dropped(drop),
        .aborted(aborted),
        .frame_pixel(frame_pixel),
        .frame_first(frame_signals[0]),
        .frame_last(frame_signals[1]),
        .frame_valid(frame_signals[2]),
        .s_axis_tdata(s_tdata),
        .s_axis_tuser(s_tuser),
        .s_axis_tlast(s_tlast),
        .s_axis_tvalid(s_tvalid),
        .s_axis_tready(s_tready),
        .m_axis_tdata(m_tdata),
        .m_axis_tuser(m_tuser),
        .m_axis_tlast(m_tlast),
        .out_end(m_end),
        .m_axis_tvalid(m_tvalid),
        .m_axis_tready(m_tready)
    );

    scoreboard #(
        .DATA_W(OUT_BITS)
    ) scoreboard (
        .clk(clk),
        .rst(rst),
        .go(go),
        .stall(stall),
        .stall_bits(stall_bits),
        .seed(seed),
        .capture(capture),
        .tdata(m_tdata),
        .tuser(m_tuser),
        .tlast(m_tlast),
        .tvalid(m_tvalid),
        .tready(m_tready),
        .line_beats(line_beats),
        .frame_lines(frame_lines),
        .done(compared),
        .beats(beats),
        .mismatches(mismatches),
        .surplus(surplus),
        .first_beat(first_beat),
        .first_expected(first_expected),
        .first_got(first_got)
    );

    axis_checker #(
        .DATA_W(IN_BITS)
    ) s_checker (
        .clk(clk),
        .rst(rst),
        .framing(well_formed),
        .line_beats(frame_width),
        .frame_lines(frame_height),
        .tdata(s_tdata),
        .tuser(s_tuser),
        .tlast(s_tlast),
        .tvalid(s_tvalid),
        .tready(s_tready),
        .errors(s_errors),
        .beats(s_beats)
    );

    axis_checker #(
        .DATA_W(OUT_BITS)
    ) m_checker (
        .clk(clk),
        .rst(rst),
        .framing(1'b1),
        .line_beats(line_beats),
        .frame_lines(frame_lines),
        .tdata(m_tdata),
        .tuser(m_tuser),
        .tlast(m_tlast),
        .tvalid(m_tvalid),
        .tready(m_tready),
        .errors(m_errors),
        .beats(m_beats)
    );
    wire unused_beats = &{1'b0, m_beats};

    // After the last expected beat the bench watches a while for beats too many.
    localparam [31:0] AFTERWARDS = 500;
    wire in_beat = s_tvalid && s_tready;
    wire out_beat = m_tvalid && m_tready;
    wire idle = !in_beat && !out_beat;
    // What is rare is decided here, so that simulators pass it by.
    wire sof_in = in_beat && s_tuser;
    wire sof_out = out_beat && m_tuser;
    wire eol_out = out_beat && m_tlast;
    wire noted = sof_in || sof_out || eol_out || events != 0 || drop;
    reg [31:0] clocks;
    reg [31:0] quiet;
    wire waits = idle || quiet != 0;
    wire over = &limit ? played && compared : s_beats == limit && beats >= outputs;
    reg [3:0] reset_clocks;

    initial begin
        done = 1'b0;
        hung = 1'b0;
        sofs_in = 0;
        sofs_out = 0;
        ends = 0;
        flags = 0;
        dropped = 0;
        sof_in_first = 0;
        sof_in_before = 0;
        sof_in_last = 0;
        sof_out_first = 0;
        last_out = 0;
        clocks = 0;
        quiet = 0;
        reset_clocks = 0;
    end

    always @(posedge clk) begin
        if (rst) begin
            if (go) reset_clocks <= reset_clocks + 1'b1;
            if (reset_clocks == 8) rst <= 1'b0;
        end else begin
            clocks <= clocks + 1;
            if (noted) begin
                if (sof_in) begin
                    sofs_in <= sofs_in + 1;
                    sof_in_before <= sof_in_last;
                    sof_in_last <= clocks;
                    if (sofs_in == 0) sof_in_first <= clocks;
                end
                if (sof_out) begin
                    sofs_out <= sofs_out + 1;
                    if (sofs_out == 0) sof_out_first <= clocks;
                end
                if (eol_out) last_out <= clocks;
                if (eol_out && m_end) ends <= ends + 1;
                flags <= flags | events;
                if (drop) dropped <= dropped + 1;
            end
            if (waits) begin
                quiet <= idle ? quiet + 1 : 0;
                if (quiet > AFTERWARDS && over) done <= 1'b1;
                if (quiet > patience) begin
                    hung <= 1'b1;
                    done <= 1'b1;
                end
            end
            if (again) begin
                done <= 1'b0;
                quiet <= 0;
                sofs_in <= 0;
                sofs_out <= 0;
                ends <= 0;
                flags <= 0;
                dropped <= 0;
            end
        end
    end
endmodule

`default_nettype wire
