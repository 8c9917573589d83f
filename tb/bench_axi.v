// SPDX-License-Identifier: MIT
// bench_axi: deconv_axi with its registers, between a player and a scoreboard, checkers on all buses.
//
// cocotb drives the clock, the reset and the registers (s_axi_control_*), and with `external` the two
// streams as well (s_axis_video_*, m_axis_video_*) instead of player and scoreboard. Frames run without
// Python as in bench. The folder of the simulation brings power_up.hex, input.hex and expected.hex.
//
// trace.txt, for what must be known to the clock; a line each of
//
//   i CLOCK            a SOF was accepted at the input
//   w ADDRESS CLOCK    the data of a write to a register were accepted
//   r CLOCK BEATS      reset began, so many output beats after the beginning
//
// Sizes for the checkers come with the files, or are told_width and told_height (pixels of the input)
// where these are not 0. Clocks are counted from the beginning, stalls and SOFs since the last reset.
`timescale 1ns / 1ps
`default_nettype none

module bench_axi #(
    parameter K = 9,
    parameter S = 2,
    parameter P = 4,
    parameter OP = 1,
    parameter C_IN = 1,
    parameter C_OUT = 1,
    parameter PPC = 4,
    parameter MAX_W = 1920,
    parameter MAX_H = 1080,
    parameter PIXEL_W = 8,
    parameter PIXEL_SIGNED = 0,
    parameter PIXEL_I = 8,
    parameter PIXEL_Q = 5,
    parameter PIXEL_O = 3,
    parameter WEIGHT_W = 10,
    parameter WEIGHT_SIGNED = 1,
    parameter WEIGHT_I = 2,
    parameter WEIGHT_Q = 0,
    parameter WEIGHT_O = 0,
    parameter BIAS_W = 0,  // 0: no bias
    parameter BIAS_SIGNED = 1,
    parameter BIAS_I = 0,
    parameter BIAS_Q = 5,
    parameter BIAS_O = 3,
    parameter PRODUCT_W = 0,  // 0: exact products
    parameter PRODUCT_SIGNED = 1,
    parameter PRODUCT_I = 0,
    parameter PRODUCT_SHIFT = 0,
    parameter PRODUCT_Q = 5,
    parameter PRODUCT_O = 3,
    parameter ACC_W = 23,
    parameter ACC_SIGNED = 1,
    parameter ACC_I = 15,
    parameter ACC_Q = 5,
    parameter ACC_O = 3,
    parameter OUT_W = 8,
    parameter OUT_SIGNED = 0,
    parameter OUT_I = 8,
    parameter OUT_SHIFT = 8,
    parameter OUT_Q = 0,
    parameter OUT_O = 0,
    parameter [31:0] CONFIG_HASH = 32'h0,
    parameter POWER_UP = "power_up.hex"
);
    localparam IN_BITS = (C_IN * PIXEL_W + 7) / 8 * 8;
    localparam OUT_BITS = (PPC * OUT_W + 7) / 8 * 8;

    // set by cocotb
    reg aclk;
    reg aresetn;
    reg go;
    reg external;
    reg [7:0] pause;
    reg [3:0] pause_bits;
    reg [7:0] stall;
    reg [3:0] stall_bits;
    reg [31:0] seed;
    reg capture;
    reg [31:0] limit;  // beats that the player may offer
    reg well_formed;  // what arrives
    reg [15:0] told_width;
    reg [15:0] told_height;
    reg [IN_BITS-1:0] s_axis_video_tdata;
    reg s_axis_video_tuser;
    reg s_axis_video_tlast;
    reg s_axis_video_tvalid;
    reg m_axis_video_tready;
    reg [7:0] s_axi_control_awaddr;
    reg [2:0] s_axi_control_awprot;
    reg s_axi_control_awvalid;
    reg [31:0] s_axi_control_wdata;
    reg [3:0] s_axi_control_wstrb;
    reg s_axi_control_wvalid;
    reg s_axi_control_bready;
    reg [7:0] s_axi_control_araddr;
    reg [2:0] s_axi_control_arprot;
    reg s_axi_control_arvalid;
    reg s_axi_control_rready;

    // read by cocotb
    wire s_axis_video_tready;
    wire [OUT_BITS-1:0] m_axis_video_tdata;
    wire m_axis_video_tuser;
    wire m_axis_video_tlast;
    wire m_axis_video_tvalid;
    wire s_axi_control_awready;
    wire s_axi_control_wready;
    wire [1:0] s_axi_control_bresp;
    wire s_axi_control_bvalid;
    wire s_axi_control_arready;
    wire [31:0] s_axi_control_rdata;
    wire [1:0] s_axi_control_rresp;
    wire s_axi_control_rvalid;
    wire irq;
    wire played;
    wire compared;
    wire [31:0] beats;
    wire [31:0] mismatches;
    wire [31:0] surplus;
    wire [31:0] first_beat;
    wire [OUT_BITS+1:0] first_expected;
    wire [OUT_BITS+1:0] first_got;
    wire [16*9-1:0] s_errors;
    wire [16*9-1:0] m_errors;
    wire [16*31-1:0] control_errors;
    wire [31:0] s_beats;
    wire [31:0] m_beats;
    wire [31:0] writes;
    wire [31:0] reads;
    reg [31:0] clocks;
    reg [31:0] quiet;  // clocks in which neither side offers a beat
    reg [31:0] sofs_in;
    reg [31:0] stalled_in;
    reg [31:0] stalled_out;

    wire rst = !aresetn;
    wire [15:0] frame_width;
    wire [15:0] frame_height;
    wire [15:0] line_beats;
    wire [15:0] frame_lines;
    wire [IN_BITS-1:0] player_tdata;
    wire player_tuser;
    wire player_tlast;
    wire player_tvalid;
    wire scoreboard_tready;

    wire [IN_BITS-1:0] s_tdata = external ? s_axis_video_tdata : player_tdata;
    wire s_tuser = external ? s_axis_video_tuser : player_tuser;
    wire s_tlast = external ? s_axis_video_tlast : player_tlast;
    wire s_tvalid = external ? s_axis_video_tvalid : player_tvalid;
    wire m_tready = external ? m_axis_video_tready : scoreboard_tready;

    player #(
        .DATA_W(IN_BITS)
    ) player (
        .clk(aclk),
        .rst(rst),
        .go(go),
        .pause(pause),
        .pause_bits(pause_bits),
        .seed(seed),
        .limit(limit),
        .frame_width(frame_width),
        .frame_height(frame_height),
        .tdata(player_tdata),
        .tuser(player_tuser),
        .tlast(player_tlast),
        .tvalid(player_tvalid),
        .tready(s_axis_video_tready),
        .done(played)
    );

    deconv_axi #(
        .K(K),
        .S(S),
        .P(P),
        .OP(OP),
        .C_IN(C_IN),
        .C_OUT(C_OUT),
        .PPC(PPC),
        .MAX_W(MAX_W),
        .MAX_H(MAX_H),
        .PIXEL_W(PIXEL_W),
        .PIXEL_SIGNED(PIXEL_SIGNED),
        .PIXEL_I(PIXEL_I),
        .PIXEL_Q(PIXEL_Q),
        .PIXEL_O(PIXEL_O),
        .WEIGHT_W(WEIGHT_W),
        .WEIGHT_SIGNED(WEIGHT_SIGNED),
        .WEIGHT_I(WEIGHT_I),
        .WEIGHT_Q(WEIGHT_Q),
        .WEIGHT_O(WEIGHT_O),
        .BIAS_W(BIAS_W),
        .BIAS_SIGNED(BIAS_SIGNED),
        .BIAS_I(BIAS_I),
        .BIAS_Q(BIAS_Q),
        .BIAS_O(BIAS_O),
        .PRODUCT_W(PRODUCT_W),
        .PRODUCT_SIGNED(PRODUCT_SIGNED),
        .PRODUCT_I(PRODUCT_I),
        .PRODUCT_SHIFT(PRODUCT_SHIFT),
        .PRODUCT_Q(PRODUCT_Q),
        .PRODUCT_O(PRODUCT_O),
        .ACC_W(ACC_W),
        .ACC_SIGNED(ACC_SIGNED),
        .ACC_I(ACC_I),
        .ACC_Q(ACC_Q),
        .ACC_O(ACC_O),
        .OUT_W(OUT_W),
        .OUT_SIGNED(OUT_SIGNED),
        .OUT_I(OUT_I),
        .OUT_SHIFT(OUT_SHIFT),
        .OUT_Q(OUT_Q),
        .OUT_O(OUT_O),
        .CONFIG_HASH(CONFIG_HASH),
        .POWER_UP(POWER_UP)
    ) dut (
        .aclk(aclk),
        .aresetn(aresetn),
        .s_axis_video_tdata(s_tdata),
        .s_axis_video_tuser(s_tuser),
        .s_axis_video_tlast(s_tlast),
        .s_axis_video_tvalid(s_tvalid),
        .s_axis_video_tready(s_axis_video_tready),
        .m_axis_video_tdata(m_axis_video_tdata),
        .m_axis_video_tuser(m_axis_video_tuser),
        .m_axis_video_tlast(m_axis_video_tlast),
        .m_axis_video_tvalid(m_axis_video_tvalid),
        .m_axis_video_tready(m_tready),
        .s_axi_control_awaddr(s_axi_control_awaddr),
        .s_axi_control_awprot(s_axi_control_awprot),
        .s_axi_control_awvalid(s_axi_control_awvalid),
        .s_axi_control_awready(s_axi_control_awready),
        .s_axi_control_wdata(s_axi_control_wdata),
        .s_axi_control_wstrb(s_axi_control_wstrb),
        .s_axi_control_wvalid(s_axi_control_wvalid),
        .s_axi_control_wready(s_axi_control_wready),
        .s_axi_control_bresp(s_axi_control_bresp),
        .s_axi_control_bvalid(s_axi_control_bvalid),
        .s_axi_control_bready(s_axi_control_bready),
        .s_axi_control_araddr(s_axi_control_araddr),
        .s_axi_control_arprot(s_axi_control_arprot),
        .s_axi_control_arvalid(s_axi_control_arvalid),
        .s_axi_control_arready(s_axi_control_arready),
        .s_axi_control_rdata(s_axi_control_rdata),
        .s_axi_control_rresp(s_axi_control_rresp),
        .s_axi_control_rvalid(s_axi_control_rvalid),
        .s_axi_control_rready(s_axi_control_rready),
        .irq(irq)
    );

    scoreboard #(
        .DATA_W(OUT_BITS)
    ) scoreboard (
        .clk(aclk),
        .rst(rst),
        .go(go),
        .stall(stall),
        .stall_bits(stall_bits),
        .seed(seed),
        .capture(capture),
        .tdata(m_axis_video_tdata),
        .tuser(m_axis_video_tuser),
        .tlast(m_axis_video_tlast),
        .tvalid(m_axis_video_tvalid),
        .tready(scoreboard_tready),
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

    wire [31:0] told_line = S * {16'd0, told_width} + PPC - 1;
    wire [31:0] told_beats = told_line / PPC;
    wire [31:0] told_lines = S * {16'd0, told_height};
    wire unused = &{1'b0, told_beats, told_lines};
    wire told = told_width != 0;

    axis_checker #(
        .DATA_W(IN_BITS)
    ) s_checker (
        .clk(aclk),
        .rst(rst),
        .framing(well_formed),
        .line_beats(told ? told_width : frame_width),
        .frame_lines(told ? told_height : frame_height),
        .tdata(s_tdata),
        .tuser(s_tuser),
        .tlast(s_tlast),
        .tvalid(s_tvalid),
        .tready(s_axis_video_tready),
        .errors(s_errors),
        .beats(s_beats)
    );

    axis_checker #(
        .DATA_W(OUT_BITS)
    ) m_checker (
        .clk(aclk),
        .rst(rst),
        .framing(1'b1),
        .line_beats(told ? told_beats[15:0] : line_beats),
        .frame_lines(told ? told_lines[15:0] : frame_lines),
        .tdata(m_axis_video_tdata),
        .tuser(m_axis_video_tuser),
        .tlast(m_axis_video_tlast),
        .tvalid(m_axis_video_tvalid),
        .tready(m_tready),
        .errors(m_errors),
        .beats(m_beats)
    );

    axil_checker control_checker (
        .clk(aclk),
        .rst(rst),
        .awaddr(s_axi_control_awaddr),
        .awprot(s_axi_control_awprot),
        .awvalid(s_axi_control_awvalid),
        .awready(s_axi_control_awready),
        .wdata(s_axi_control_wdata),
        .wstrb(s_axi_control_wstrb),
        .wvalid(s_axi_control_wvalid),
        .wready(s_axi_control_wready),
        .bresp(s_axi_control_bresp),
        .bvalid(s_axi_control_bvalid),
        .bready(s_axi_control_bready),
        .araddr(s_axi_control_araddr),
        .arprot(s_axi_control_arprot),
        .arvalid(s_axi_control_arvalid),
        .arready(s_axi_control_arready),
        .rdata(s_axi_control_rdata),
        .rresp(s_axi_control_rresp),
        .rvalid(s_axi_control_rvalid),
        .rready(s_axi_control_rready),
        .errors(control_errors),
        .writes(writes),
        .reads(reads)
    );

    wire in_beat = s_tvalid && s_axis_video_tready;
    wire address = s_axi_control_awvalid && s_axi_control_awready;
    wire data = s_axi_control_wvalid && s_axi_control_wready;
    reg [7:0] address_q;
    reg rst_q;
    integer trace;

    initial begin
        clocks = 0;
        quiet = 0;
        sofs_in = 0;
        stalled_in = 0;
        stalled_out = 0;
        address_q = 0;
        rst_q = 1'b1;
        trace = $fopen("trace.txt", "w");
    end

    always @(posedge aclk) begin
        clocks <= clocks + 1;
        rst_q <= rst;
        if (rst) begin
            if (!rst_q) $fwrite(trace, "r %0d %0d\n", clocks, m_beats);
            quiet <= 0;
            sofs_in <= 0;
            stalled_in <= 0;
            stalled_out <= 0;
        end else begin
            quiet <= s_tvalid || m_axis_video_tvalid ? 0 : quiet + 1;
            if (in_beat && s_tuser) begin
                sofs_in <= sofs_in + 1;
                $fwrite(trace, "i %0d\n", clocks);
            end
            if (s_tvalid && !s_axis_video_tready) stalled_in <= stalled_in + 1;
            if (m_axis_video_tvalid && !m_tready) stalled_out <= stalled_out + 1;
            if (address) address_q <= s_axi_control_awaddr;
            if (data) begin
                $fwrite(trace, "w %0d %0d\n", address ? s_axi_control_awaddr : address_q, clocks);
            end
        end
    end
endmodule

`default_nettype wire
