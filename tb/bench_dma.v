// SPDX-License-Identifier: MIT
// bench_dma: deconv_dma_video and deconv_axi as a processor sees them, the video watched.
//
// cocotb drives the clock, the reset, the registers (s_axi_control_*), the word of the AXI GPIO and the
// two streams of the AXI DMA. The folder of the simulation brings power_up.hex, unless POWER_UP is empty.
`timescale 1ns / 1ps
`default_nettype none

module bench_dma #(
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
    localparam DMA_IN_BITS = 8 << $clog2(IN_BITS / 8);
    localparam DMA_OUT_BITS = 8 << $clog2(OUT_BITS / 8);

    // set by cocotb
    reg aclk;
    reg aresetn;
    reg [31:0] size;
    reg [DMA_IN_BITS-1:0] s_axis_dma_tdata;
    reg s_axis_dma_tlast;
    reg s_axis_dma_tvalid;
    reg m_axis_dma_tready;
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
    wire s_axis_dma_tready;
    wire [DMA_OUT_BITS-1:0] m_axis_dma_tdata;
    wire [DMA_OUT_BITS/8-1:0] m_axis_dma_tkeep;
    wire m_axis_dma_tlast;
    wire m_axis_dma_tvalid;
    wire s_axi_control_awready;
    wire s_axi_control_wready;
    wire [1:0] s_axi_control_bresp;
    wire s_axi_control_bvalid;
    wire s_axi_control_arready;
    wire [31:0] s_axi_control_rdata;
    wire [1:0] s_axi_control_rresp;
    wire s_axi_control_rvalid;
    wire irq;
    wire [16*9-1:0] errors;
    wire [31:0] beats;

    wire [IN_BITS-1:0] in_tdata;
    wire in_tuser;
    wire in_tlast;
    wire in_tvalid;
    wire in_tready;
    wire [OUT_BITS-1:0] out_tdata;
    wire out_tuser;
    wire out_tlast;
    wire out_tvalid;
    wire out_tready;

    deconv_dma_video #(
        .S(S),
        .IN_BITS(IN_BITS),
        .OUT_BITS(OUT_BITS)
    ) dma_video (
        .aclk(aclk),
        .aresetn(aresetn),
        .size(size),
        .s_axis_dma_tdata(s_axis_dma_tdata),
        .s_axis_dma_tlast(s_axis_dma_tlast),
        .s_axis_dma_tvalid(s_axis_dma_tvalid),
        .s_axis_dma_tready(s_axis_dma_tready),
        .m_axis_video_tdata(in_tdata),
        .m_axis_video_tuser(in_tuser),
        .m_axis_video_tlast(in_tlast),
        .m_axis_video_tvalid(in_tvalid),
        .m_axis_video_tready(in_tready),
        .s_axis_video_tdata(out_tdata),
        .s_axis_video_tuser(out_tuser),
        .s_axis_video_tlast(out_tlast),
        .s_axis_video_tvalid(out_tvalid),
        .s_axis_video_tready(out_tready),
        .m_axis_dma_tdata(m_axis_dma_tdata),
        .m_axis_dma_tkeep(m_axis_dma_tkeep),
        .m_axis_dma_tlast(m_axis_dma_tlast),
        .m_axis_dma_tvalid(m_axis_dma_tvalid),
        .m_axis_dma_tready(m_axis_dma_tready)
    );

    axis_checker #(
        .DATA_W(IN_BITS)
    ) axis_checker (
        .clk(aclk),
        .rst(!aresetn),
        .framing(1'b1),
        .line_beats(size[15:0]),
        .frame_lines(size[31:16]),
        .tdata(in_tdata),
        .tuser(in_tuser),
        .tlast(in_tlast),
        .tvalid(in_tvalid),
        .tready(in_tready),
        .errors(errors),
        .beats(beats)
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
    ) deconv_axi (
        .aclk(aclk),
        .aresetn(aresetn),
        .s_axis_video_tdata(in_tdata),
        .s_axis_video_tuser(in_tuser),
        .s_axis_video_tlast(in_tlast),
        .s_axis_video_tvalid(in_tvalid),
        .s_axis_video_tready(in_tready),
        .m_axis_video_tdata(out_tdata),
        .m_axis_video_tuser(out_tuser),
        .m_axis_video_tlast(out_tlast),
        .m_axis_video_tvalid(out_tvalid),
        .m_axis_video_tready(out_tready),
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
endmodule

`default_nettype wire
