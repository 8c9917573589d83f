// SPDX-License-Identifier: MIT
// deconv_axi: the engine as video IP: AXI4-Stream video in and out, AXI4-Lite registers, interrupt.
//
//   s_axis_video -> deconv_engine -> m_axis_video          map: docs/registers.md
//                        ^  |
//   s_axi_control -> deconv_axil -> deconv_registers, deconv_kernel_store, deconv_control -> irq
//
// The core alone is deconv_engine. This top is wiring only: deconv_axil is the bus,
// deconv_registers (made from registers.rdl) holds what software reads and writes,
// deconv_kernel_store the two sets of weights, deconv_control counters, signatures and the soft
// reset.
//
// Parameters: those of deconv_engine, and what only the registers tell: C_OUT, MAX_H, CONFIG_HASH,
// and the integer bits, rounding and overflow of the formats as the configuration has them.
// POWER_UP names the file of the kernel that runs from reset on (deconv_kernel_store), or is empty.
// `deconv4k.rtl.design.wrapper_parameters` gives them all.
//
// Everything is in the clock aclk. aresetn is active low and synchronous to aclk.
// Throughput and latency: as deconv_engine.
// Golden: deconv4k.golden.run, deconv4k.rtl.signature, deconv4k.rtl.registers.identity
`default_nettype none

module deconv_axi #(
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
    parameter POWER_UP = "",
    // derived
    parameter IN_BITS = (C_IN * PIXEL_W + 7) / 8 * 8,
    parameter OUT_BITS = (PPC * OUT_W + 7) / 8 * 8
) (
    (* X_INTERFACE_INFO = "xilinx.com:signal:clock:1.0 aclk CLK" *)
    (* X_INTERFACE_PARAMETER = "XIL_INTERFACENAME aclk, ASSOCIATED_BUSIF s_axis_video:m_axis_video:s_axi_control, ASSOCIATED_RESET aresetn" *)
    input wire aclk,
    (* X_INTERFACE_INFO = "xilinx.com:signal:reset:1.0 aresetn RST" *)
    (* X_INTERFACE_PARAMETER = "XIL_INTERFACENAME aresetn, POLARITY ACTIVE_LOW" *)
    input wire aresetn,

    (* X_INTERFACE_INFO = "xilinx.com:interface:axis:1.0 s_axis_video TDATA" *)
    input wire [IN_BITS-1:0] s_axis_video_tdata,
    (* X_INTERFACE_INFO = "xilinx.com:interface:axis:1.0 s_axis_video TUSER" *)
    input wire s_axis_video_tuser,
    (* X_INTERFACE_INFO = "xilinx.com:interface:axis:1.0 s_axis_video TLAST" *)
    input wire s_axis_video_tlast,
    (* X_INTERFACE_INFO = "xilinx.com:interface:axis:1.0 s_axis_video TVALID" *)
    input wire s_axis_video_tvalid,
    (* X_INTERFACE_INFO = "xilinx.com:interface:axis:1.0 s_axis_video TREADY" *)
    output wire s_axis_video_tready,

    (* X_INTERFACE_INFO = "xilinx.com:interface:axis:1.0 m_axis_video TDATA" *)
    output wire [OUT_BITS-1:0] m_axis_video_tdata,
    (* X_INTERFACE_INFO = "xilinx.com:interface:axis:1.0 m_axis_video TUSER" *)
    output wire m_axis_video_tuser,
    (* X_INTERFACE_INFO = "xilinx.com:interface:axis:1.0 m_axis_video TLAST" *)
    output wire m_axis_video_tlast,
    (* X_INTERFACE_INFO = "xilinx.com:interface:axis:1.0 m_axis_video TVALID" *)
    output wire m_axis_video_tvalid,
    (* X_INTERFACE_INFO = "xilinx.com:interface:axis:1.0 m_axis_video TREADY" *)
    input wire m_axis_video_tready,

    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control AWADDR" *)
    (* X_INTERFACE_PARAMETER = "XIL_INTERFACENAME s_axi_control, PROTOCOL AXI4LITE, DATA_WIDTH 32, ADDR_WIDTH 8" *)
    input wire [7:0] s_axi_control_awaddr,
    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control AWPROT" *)
    input wire [2:0] s_axi_control_awprot,
    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control AWVALID" *)
    input wire s_axi_control_awvalid,
    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control AWREADY" *)
    output wire s_axi_control_awready,
    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control WDATA" *)
    input wire [31:0] s_axi_control_wdata,
    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control WSTRB" *)
    input wire [3:0] s_axi_control_wstrb,
    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control WVALID" *)
    input wire s_axi_control_wvalid,
    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control WREADY" *)
    output wire s_axi_control_wready,
    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control BRESP" *)
    output wire [1:0] s_axi_control_bresp,
    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control BVALID" *)
    output wire s_axi_control_bvalid,
    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control BREADY" *)
    input wire s_axi_control_bready,
    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control ARADDR" *)
    input wire [7:0] s_axi_control_araddr,
    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control ARPROT" *)
    input wire [2:0] s_axi_control_arprot,
    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control ARVALID" *)
    input wire s_axi_control_arvalid,
    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control ARREADY" *)
    output wire s_axi_control_arready,
    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control RDATA" *)
    output wire [31:0] s_axi_control_rdata,
    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control RRESP" *)
    output wire [1:0] s_axi_control_rresp,
    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control RVALID" *)
    output wire s_axi_control_rvalid,
    (* X_INTERFACE_INFO = "xilinx.com:interface:aximm:1.0 s_axi_control RREADY" *)
    input wire s_axi_control_rready,

    (* X_INTERFACE_INFO = "xilinx.com:signal:interrupt:1.0 irq INTERRUPT" *)
    (* X_INTERFACE_PARAMETER = "XIL_INTERFACENAME irq, SENSITIVITY LEVEL_HIGH" *)
    output wire irq
);
    generate
        if (C_OUT != 1) begin : g_c_out
            ERROR_C_OUT_must_be_1 error ();
        end
        if (MAX_H < 1 || MAX_H > 65535) begin : g_max_h
            ERROR_MAX_H_must_be_1_to_65535 error ();
        end
        // The registers have eight bits for each of these.
        if (K > 255 || S > 255 || P > 255 || OP > 255 || C_IN > 255) begin : g_layer
            ERROR_K_S_P_OP_and_C_IN_must_be_at_most_255 error ();
        end
        if (PIXEL_W > 255 || PRODUCT_W > 255 || ACC_W > 255 || OUT_W > 255) begin : g_widths
            ERROR_PIXEL_W_PRODUCT_W_ACC_W_and_OUT_W_must_be_at_most_255 error ();
        end
        if (PIXEL_I < -128 || PIXEL_I > 127 || WEIGHT_I < -128 || WEIGHT_I > 127
            || BIAS_I < -128 || BIAS_I > 127 || PRODUCT_I < -128 || PRODUCT_I > 127
            || ACC_I < -128 || ACC_I > 127 || OUT_I < -128 || OUT_I > 127) begin : g_integers
            ERROR_integer_bits_must_be_minus_128_to_127 error ();
        end
    endgenerate

    localparam BIAS_BITS = BIAS_W > 0 ? BIAS_W : 1;
    localparam PIXEL_BITS = C_IN * PIXEL_W;
    localparam KERNEL_WORDS = (WEIGHT_W <= 16 ? (C_IN * K * K + 1) / 2 : C_IN * K * K)
        + (BIAS_W > 0 ? 1 : 0);

    wire rst = !aresetn;

    // Software's side of the registers.
    wire enable;
    wire soft_reset;
    wire clear_counters;
    wire abort_frame;
    wire [7:0] errors;  // events, one clock each
    wire any_error = |errors;
    wire [4:0] irq_status;
    wire [4:0] irq_enable;
    wire [15:0] frame_width;
    wire [15:0] frame_height;
    wire [31:0] kernel_data;
    wire kernel_data_modified;
    wire kernel_start;
    wire kernel_commit;

    // What the hardware tells.
    wire running;
    wire resetting;
    wire reset_done;
    wire core_enable;
    wire core_reset;
    wire core_abort;
    wire clear_flags;
    wire kernel_loaded;
    wire kernel_locked;
    wire kernel_pending;
    wire kernel_taken;
    wire [15:0] kernel_count;
    wire frame_in;
    wire frame_out;
    wire [31:0] signature_in;
    wire [31:0] signature_out;
    wire [31:0] signature_kernel;
    wire [31:0] frames_in;
    wire [31:0] frames_out;
    wire [31:0] lines_in;
    wire [31:0] lines_out;
    wire [31:0] dropped_pixels;
    wire [31:0] stalled_in;
    wire [31:0] stalled_out;

    wire request;
    wire request_is_write;
    wire [7:0] request_address;
    wire [31:0] write_data;
    wire [3:0] write_strb;
    wire write_ack;
    wire write_error;
    wire read_ack;
    wire read_error;
    wire [31:0] read_data;
    deconv_axil #(
        .ADDR_W(8)
    ) axil (
        .clk(aclk),
        .rst(rst),
        .s_axil_awaddr(s_axi_control_awaddr),
        .s_axil_awvalid(s_axi_control_awvalid),
        .s_axil_awready(s_axi_control_awready),
        .s_axil_wdata(s_axi_control_wdata),
        .s_axil_wstrb(s_axi_control_wstrb),
        .s_axil_wvalid(s_axi_control_wvalid),
        .s_axil_wready(s_axi_control_wready),
        .s_axil_bresp(s_axi_control_bresp),
        .s_axil_bvalid(s_axi_control_bvalid),
        .s_axil_bready(s_axi_control_bready),
        .s_axil_araddr(s_axi_control_araddr),
        .s_axil_arvalid(s_axi_control_arvalid),
        .s_axil_arready(s_axi_control_arready),
        .s_axil_rdata(s_axi_control_rdata),
        .s_axil_rresp(s_axi_control_rresp),
        .s_axil_rvalid(s_axi_control_rvalid),
        .s_axil_rready(s_axi_control_rready),
        .request(request),
        .is_write(request_is_write),
        .address(request_address),
        .write_data(write_data),
        .write_strb(write_strb),
        .write_ack(write_ack),
        .write_error(write_error),
        .read_ack(read_ack),
        .read_error(read_error),
        .read_data(read_data)
    );

    // The block acknowledges every request in its clock.
    wire stall_write;
    wire stall_read;
    wire unused = &{1'b0, stall_write, stall_read, s_axi_control_awprot, s_axi_control_arprot};

    deconv_registers registers (
        .clk(aclk),
        .rst(rst),
        .s_cpuif_req(request),
        .s_cpuif_req_is_wr(request_is_write),
        .s_cpuif_addr(request_address),
        .s_cpuif_wr_data(write_data),
        .s_cpuif_wr_biten({
            {8{write_strb[3]}}, {8{write_strb[2]}}, {8{write_strb[1]}}, {8{write_strb[0]}}
        }),
        .s_cpuif_req_stall_wr(stall_write),
        .s_cpuif_req_stall_rd(stall_read),
        .s_cpuif_rd_ack(read_ack),
        .s_cpuif_rd_err(read_error),
        .s_cpuif_rd_data(read_data),
        .s_cpuif_wr_ack(write_ack),
        .s_cpuif_wr_err(write_error),

        .hwif_in_config_hash_hash(CONFIG_HASH),
        .hwif_out_control_enable(enable),
        .hwif_out_control_soft_reset(soft_reset),
        .hwif_out_control_clear_counters(clear_counters),
        .hwif_out_control_abort(abort_frame),
        .hwif_in_status_running(running),
        .hwif_in_status_resetting(resetting),
        .hwif_in_status_kernel_loaded(kernel_loaded),
        .hwif_in_status_kernel_pending(kernel_pending),
        .hwif_in_status_kernel_locked(kernel_locked),
        .hwif_in_errors_eol_early_hwset(errors[0]),
        .hwif_in_errors_eol_early_hwclr(clear_flags),
        .hwif_in_errors_eol_late_hwset(errors[1]),
        .hwif_in_errors_eol_late_hwclr(clear_flags),
        .hwif_in_errors_sof_early_hwset(errors[2]),
        .hwif_in_errors_sof_early_hwclr(clear_flags),
        .hwif_in_errors_sof_late_hwset(errors[3]),
        .hwif_in_errors_sof_late_hwclr(clear_flags),
        .hwif_in_errors_bad_size_hwset(errors[4]),
        .hwif_in_errors_bad_size_hwclr(clear_flags),
        .hwif_in_errors_kernel_refused_hwset(errors[5]),
        .hwif_in_errors_kernel_refused_hwclr(clear_flags),
        .hwif_in_errors_kernel_ignored_hwset(errors[6]),
        .hwif_in_errors_kernel_ignored_hwclr(clear_flags),
        .hwif_in_errors_aborted_hwset(errors[7]),
        .hwif_in_errors_aborted_hwclr(clear_flags),
        .hwif_out_irq_status_frame_in(irq_status[0]),
        .hwif_in_irq_status_frame_in_hwset(frame_in),
        .hwif_in_irq_status_frame_in_hwclr(clear_flags),
        .hwif_out_irq_status_frame_out(irq_status[1]),
        .hwif_in_irq_status_frame_out_hwset(frame_out),
        .hwif_in_irq_status_frame_out_hwclr(clear_flags),
        .hwif_out_irq_status_kernel_taken(irq_status[2]),
        .hwif_in_irq_status_kernel_taken_hwset(kernel_taken),
        .hwif_in_irq_status_kernel_taken_hwclr(clear_flags),
        .hwif_out_irq_status_error(irq_status[3]),
        .hwif_in_irq_status_error_hwset(any_error),
        .hwif_in_irq_status_error_hwclr(clear_flags),
        .hwif_out_irq_status_reset_done(irq_status[4]),
        .hwif_in_irq_status_reset_done_hwset(reset_done),
        .hwif_in_irq_status_reset_done_hwclr(clear_flags),
        .hwif_out_irq_enable_frame_in(irq_enable[0]),
        .hwif_out_irq_enable_frame_out(irq_enable[1]),
        .hwif_out_irq_enable_kernel_taken(irq_enable[2]),
        .hwif_out_irq_enable_error(irq_enable[3]),
        .hwif_out_irq_enable_reset_done(irq_enable[4]),
        .hwif_out_size_width(frame_width),
        .hwif_out_size_height(frame_height),
        .hwif_out_kernel_data_word(kernel_data),
        .hwif_out_kernel_data_word_swmod(kernel_data_modified),
        .hwif_out_kernel_control_start(kernel_start),
        .hwif_out_kernel_control_commit(kernel_commit),
        .hwif_in_kernel_count_count(kernel_count),
        .hwif_in_kernel_words_count(KERNEL_WORDS[15:0]),
        .hwif_in_signature_in_crc(signature_in),
        .hwif_in_signature_out_crc(signature_out),
        .hwif_in_signature_kernel_crc(signature_kernel),
        .hwif_in_frames_in_count(frames_in),
        .hwif_in_frames_out_count(frames_out),
        .hwif_in_lines_in_count(lines_in),
        .hwif_in_lines_out_count(lines_out),
        .hwif_in_dropped_count(dropped_pixels),
        .hwif_in_stalled_in_count(stalled_in),
        .hwif_in_stalled_out_count(stalled_out),
        .hwif_in_layer_k(K[7:0]),
        .hwif_in_layer_s(S[7:0]),
        .hwif_in_layer_p(P[7:0]),
        .hwif_in_layer_op(OP[7:0]),
        .hwif_in_channels_c_in(C_IN[7:0]),
        .hwif_in_channels_c_out(C_OUT[7:0]),
        .hwif_in_channels_ppc(PPC[7:0]),
        .hwif_in_maximum_width(MAX_W[15:0]),
        .hwif_in_maximum_height(MAX_H[15:0]),
        .hwif_in_pixel_width(PIXEL_W[7:0]),
        .hwif_in_pixel_integer(PIXEL_I[7:0]),
        .hwif_in_pixel_signed(PIXEL_SIGNED != 0),
        .hwif_in_pixel_rounding(PIXEL_Q[2:0]),
        .hwif_in_pixel_overflow(PIXEL_O[1:0]),
        .hwif_in_weight_width(WEIGHT_W[7:0]),
        .hwif_in_weight_integer(WEIGHT_I[7:0]),
        .hwif_in_weight_signed(WEIGHT_SIGNED != 0),
        .hwif_in_weight_rounding(WEIGHT_Q[2:0]),
        .hwif_in_weight_overflow(WEIGHT_O[1:0]),
        .hwif_in_bias_width(BIAS_W[7:0]),
        .hwif_in_bias_integer(BIAS_W > 0 ? BIAS_I[7:0] : 8'd0),
        .hwif_in_bias_signed(BIAS_W > 0 ? BIAS_SIGNED != 0 : 1'b0),
        .hwif_in_bias_rounding(BIAS_W > 0 ? BIAS_Q[2:0] : 3'd0),
        .hwif_in_bias_overflow(BIAS_W > 0 ? BIAS_O[1:0] : 2'd0),
        .hwif_in_product_width(PRODUCT_W[7:0]),
        .hwif_in_product_integer(PRODUCT_W > 0 ? PRODUCT_I[7:0] : 8'd0),
        .hwif_in_product_signed(PRODUCT_W > 0 ? PRODUCT_SIGNED != 0 : 1'b0),
        .hwif_in_product_rounding(PRODUCT_W > 0 ? PRODUCT_Q[2:0] : 3'd0),
        .hwif_in_product_overflow(PRODUCT_W > 0 ? PRODUCT_O[1:0] : 2'd0),
        .hwif_in_accumulator_width(ACC_W[7:0]),
        .hwif_in_accumulator_integer(ACC_I[7:0]),
        .hwif_in_accumulator_signed(ACC_SIGNED != 0),
        .hwif_in_accumulator_rounding(ACC_Q[2:0]),
        .hwif_in_accumulator_overflow(ACC_O[1:0]),
        .hwif_in_output_width(OUT_W[7:0]),
        .hwif_in_output_integer(OUT_I[7:0]),
        .hwif_in_output_signed(OUT_SIGNED != 0),
        .hwif_in_output_rounding(OUT_Q[2:0]),
        .hwif_in_output_overflow(OUT_O[1:0])
    );

    // The written word stands in its register the clock after the write.
    reg kernel_write_q;
    reg kernel_partial_q;
    always @(posedge aclk) begin
        kernel_write_q <= kernel_data_modified && !rst;
        kernel_partial_q <= !(&write_strb);
    end

    wire kernel_claim;
    wire kernel_take;
    wire [C_IN*K*K*WEIGHT_W-1:0] kernel;
    wire [BIAS_BITS-1:0] bias;
    deconv_kernel_store #(
        .C_IN(C_IN),
        .K(K),
        .WEIGHT_W(WEIGHT_W),
        .WEIGHT_SIGNED(WEIGHT_SIGNED),
        .BIAS_W(BIAS_W),
        .BIAS_SIGNED(BIAS_SIGNED),
        .POWER_UP(POWER_UP)
    ) kernel_store (
        .clk(aclk),
        .rst(rst),
        .data(kernel_data),
        .write(kernel_write_q),
        .partial(kernel_partial_q),
        .start(kernel_start),
        .commit(kernel_commit),
        .count(kernel_count),
        .refused(errors[5]),
        .ignored(errors[6]),
        .loaded(kernel_loaded),
        .locked(kernel_locked),
        .pending(kernel_pending),
        .core_reset(core_reset),
        .kernel_claim(kernel_claim),
        .kernel_take(kernel_take),
        .taken(kernel_taken),
        .kernel(kernel),
        .bias(bias),
        .signature(signature_kernel)
    );

    // The core takes any height; a frame higher than promised is refused like one without lines.
    wire [15:0] height = frame_height > MAX_H[15:0] ? 16'd0 : frame_height;
    wire dropped;
    // What the core still tells as its reset begins is of before.
    wire [5:0] video_errors;
    assign {errors[7], errors[4:0]} = core_reset ? 6'd0 : video_errors;
    wire [PIXEL_BITS-1:0] frame_pixel;
    wire frame_first;
    wire frame_last;
    wire frame_valid;
    wire out_end;
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
    ) engine (
        .clk(aclk),
        .rst(rst || core_reset),
        .frame_width(frame_width),
        .frame_height(height),
        .kernel(kernel),
        .bias(bias),
        .enable(core_enable),
        .abort_frame(core_abort),
        .take_kernel(kernel_pending),
        .kernel_claim(kernel_claim),
        .kernel_take(kernel_take),
        .eol_early(video_errors[0]),
        .eol_late(video_errors[1]),
        .sof_early(video_errors[2]),
        .sof_late(video_errors[3]),
        .bad_size(video_errors[4]),
        .dropped(dropped),
        .aborted(video_errors[5]),
        .frame_pixel(frame_pixel),
        .frame_first(frame_first),
        .frame_last(frame_last),
        .frame_valid(frame_valid),
        .out_end(out_end),
        .s_axis_tdata(s_axis_video_tdata),
        .s_axis_tuser(s_axis_video_tuser),
        .s_axis_tlast(s_axis_video_tlast),
        .s_axis_tvalid(s_axis_video_tvalid),
        .s_axis_tready(s_axis_video_tready),
        .m_axis_tdata(m_axis_video_tdata),
        .m_axis_tuser(m_axis_video_tuser),
        .m_axis_tlast(m_axis_video_tlast),
        .m_axis_tvalid(m_axis_video_tvalid),
        .m_axis_tready(m_axis_video_tready)
    );

    deconv_control #(
        .IN_W(PIXEL_BITS),
        .OUT_BITS(OUT_BITS),
        .IRQS(5)
    ) control (
        .clk(aclk),
        .rst(rst),
        .enable(enable),
        .soft_reset(soft_reset),
        .abort_frame(abort_frame),
        .clear_counters(clear_counters),
        .irq_status(irq_status),
        .irq_enable(irq_enable),
        .running(running),
        .resetting(resetting),
        .reset_done(reset_done),
        .clear_flags(clear_flags),
        .irq(irq),
        .kernel_loaded(kernel_loaded),
        .core_enable(core_enable),
        .core_reset(core_reset),
        .core_abort(core_abort),
        .dropped(dropped),
        .frame_pixel(frame_pixel),
        .frame_first(frame_first),
        .frame_last(frame_last),
        .frame_valid(frame_valid),
        .s_axis_tlast(s_axis_video_tlast),
        .s_axis_tvalid(s_axis_video_tvalid),
        .s_axis_tready(s_axis_video_tready),
        .m_axis_tdata(m_axis_video_tdata),
        .m_axis_tuser(m_axis_video_tuser),
        .m_axis_tlast(m_axis_video_tlast),
        .m_axis_tvalid(m_axis_video_tvalid),
        .m_axis_tready(m_axis_video_tready),
        .out_end(out_end),
        .frame_in(frame_in),
        .frame_out(frame_out),
        .signature_in(signature_in),
        .signature_out(signature_out),
        .frames_in(frames_in),
        .frames_out(frames_out),
        .lines_in(lines_in),
        .lines_out(lines_out),
        .dropped_pixels(dropped_pixels),
        .stalled_in(stalled_in),
        .stalled_out(stalled_out)
    );
endmodule

`default_nettype wire
