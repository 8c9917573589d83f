// SPDX-License-Identifier: MIT
// deconv_dma_video: between an AXI DMA, which knows packets, and deconv_axi, which wants video.
//
//   AXI DMA, MM2S -> s_axis_dma -> m_axis_video -> deconv_axi
//   AXI DMA, S2MM <- m_axis_dma <- s_axis_video <-'
//
// An AXI DMA sends a transfer with TLAST on its last beat alone and without TUSER, and its receiving
// side ends a transfer at the first TLAST. A transfer is a frame here: on the way in the first beat
// after reset or after a frame becomes its start, and every WIDTH-th beat the end of a line; on the
// way out only the frame's last beat keeps its TLAST. A transfer that ends early ends the frame: the
// engine fills it up when the next one starts.
//
// Formats: a beat of the DMA's side has the engine's bits in its lowest ones and zeros above, to 8, 16,
// 32, 64... bits. `size` is the word of the register SIZE, {height, width}, of the input; wire it to an
// AXI GPIO. It must not change inside a frame.
//
// It holds no data: valid, ready and data pass through. Latency: none. Throughput: a beat a clock.
// Golden: none, it carries beats; deconv4k.board.zynq drives it.
`default_nettype none

module deconv_dma_video #(
    parameter S = 2,
    parameter IN_BITS = 8,  // of a beat of deconv_axi, whole bytes
    parameter OUT_BITS = 32,
    // derived
    parameter DMA_IN_BITS = 8 << $clog2(IN_BITS / 8),
    parameter DMA_OUT_BITS = 8 << $clog2(OUT_BITS / 8)
) (
    input wire aclk,
    input wire aresetn,
    input wire [31:0] size,

    input wire [DMA_IN_BITS-1:0] s_axis_dma_tdata,
    input wire s_axis_dma_tlast,
    input wire s_axis_dma_tvalid,
    output wire s_axis_dma_tready,

    output wire [IN_BITS-1:0] m_axis_video_tdata,
    output wire m_axis_video_tuser,
    output wire m_axis_video_tlast,
    output wire m_axis_video_tvalid,
    input wire m_axis_video_tready,

    input wire [OUT_BITS-1:0] s_axis_video_tdata,
    input wire s_axis_video_tuser,
    input wire s_axis_video_tlast,
    input wire s_axis_video_tvalid,
    output wire s_axis_video_tready,

    output wire [DMA_OUT_BITS-1:0] m_axis_dma_tdata,
    output wire [DMA_OUT_BITS/8-1:0] m_axis_dma_tkeep,
    output wire m_axis_dma_tlast,
    output wire m_axis_dma_tvalid,
    input wire m_axis_dma_tready
);
    generate
        if (IN_BITS < 8 || IN_BITS % 8 != 0 || OUT_BITS < 8 || OUT_BITS % 8 != 0) begin : g_bytes
            ERROR_dma_video_IN_BITS_and_OUT_BITS_must_be_whole_bytes error ();
        end
    endgenerate

    wire [15:0] width = size[15:0];
    wire [15:0] height = size[31:16];

    // In: which beat of the frame is offered.
    reg [15:0] x_q;
    reg [15:0] y_q;
    wire line_ends = x_q + 1'b1 == width;
    wire frame_ends = line_ends && y_q + 1'b1 == height || s_axis_dma_tlast;
    always @(posedge aclk) begin
        if (s_axis_dma_tvalid && s_axis_dma_tready) begin
            x_q <= line_ends || frame_ends ? 16'd0 : x_q + 1'b1;
            if (line_ends) y_q <= y_q + 1'b1;
            if (frame_ends) y_q <= 16'd0;
        end
        if (!aresetn) begin
            x_q <= 16'd0;
            y_q <= 16'd0;
        end
    end

    assign s_axis_dma_tready = m_axis_video_tready;
    assign m_axis_video_tvalid = s_axis_dma_tvalid;
    assign m_axis_video_tdata = s_axis_dma_tdata[IN_BITS-1:0];
    assign m_axis_video_tuser = x_q == 0 && y_q == 0;
    assign m_axis_video_tlast = line_ends;

    // Out: lines that are left of the frame, the one on the bus not counted.
    reg [23:0] lines_q;
    wire [23:0] lines = s_axis_video_tuser ? height * S[7:0] - 24'd1 : lines_q;
    always @(posedge aclk) begin
        if (s_axis_video_tvalid && s_axis_video_tready) begin
            lines_q <= s_axis_video_tlast ? lines - 1'b1 : lines;
        end
    end

    assign s_axis_video_tready = m_axis_dma_tready;
    assign m_axis_dma_tvalid = s_axis_video_tvalid;
    assign m_axis_dma_tkeep = {DMA_OUT_BITS / 8{1'b1}};
    assign m_axis_dma_tlast = s_axis_video_tlast && lines == 0;
    generate
        if (DMA_OUT_BITS > OUT_BITS) begin : g_padded
            assign m_axis_dma_tdata = {{DMA_OUT_BITS - OUT_BITS{1'b0}}, s_axis_video_tdata};
        end else begin : g_whole
            assign m_axis_dma_tdata = s_axis_video_tdata;
        end
        if (DMA_IN_BITS > IN_BITS) begin : g_unused
            wire unused = &{1'b0, s_axis_dma_tdata[DMA_IN_BITS-1:IN_BITS]};
        end
    endgenerate
endmodule

`default_nettype wire
