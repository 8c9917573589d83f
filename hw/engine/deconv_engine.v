// SPDX-License-Identifier: MIT
// deconv_engine: FSRCNN's deconvolution layer (PyTorch's ConvTranspose2d) on AXI4-Stream video.
//
//   out[oy, ox] = quantise(bias + sum over iy, ix, c of
//                          in[c, iy, ix] * kernel[c, oy + P - S*iy, ox + P - S*ix])
//
// for exact upscalers, K - 2P + OP = S: the output is S times the input, in both directions. The top
// is wiring, but for the sign bits that pixels get on their way to the multipliers and the count of a
// window's phases; each module's header says what it computes.
//
//   s_axis -> deconv_skid -> deconv_framer -> deconv_scan -> deconv_line_buffer -> deconv_window -.
//                                                  `-------> deconv_edges ------------'           |
//   m_axis <- deconv_raster <- deconv_quantise <- deconv_phase_sums <-----------------------------'
//
// Formats: integer codes; see deconv_phase_sums and deconv_quantise. ACC_W must hold every sum or
// be meant to wrap. `deconv4k info` prints all parameters for a configuration.
//
// Streams (AXI4-Stream Video, UG934): tuser marks the first beat of a frame, tlast the last beat of a
// line. In: a pixel a beat, channel 0 in the least significant bits. Out: PPC pixels a beat, the
// leftmost in the least significant bits, zeros above to a whole byte and in the last beat of a line
// whose width is no multiple of PPC.
//
// frame_width (1 .. MAX_W), frame_height (1 ..) and enable are taken with the SOF beat. Whatever
// arrives, whole frames leave: deconv_framer has the table, and the flags (pulses of one clock) are
// its. abort_frame has zeros complete the frame that comes in.
//
// Kernel: kernel and bias must stay as they are in the clock of kernel_take and in the next one; from
// then on they must be those of the frame that announced it. A frame whose first pixel enters while
// take_kernel is high announces itself by kernel_claim in that clock, and is followed by its
// kernel_take when its first pixel is computed; what other frames need is what is there. Without
// run-time kernels take_kernel is 0.
//
// frame_*: the pixels that are computed, frame_last the last one of a frame; out_end: the beat on
// m_axis is the last one of its frame. Both are for those who count or sign frames.
//
// Throughput: a pixel accepted every S*S/PPC clocks; a frame takes S*S/PPC * W * H clocks (W rounded
// up to an even number when PPC = S*S), also from frame to frame.
// Latency: AHEAD rows and AHEAD pixels, and the pipeline: see deconv4k.rtl.design.
// Storage: AHEAD + BEHIND input rows, and the queues of deconv_raster.
// Golden: deconv4k.golden.run
`default_nettype none

module deconv_engine #(
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
    parameter BIAS_W = 0,  // 0: no bias
    parameter BIAS_SIGNED = 1,
    parameter PRODUCT_W = 0,  // 0: exact products
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
    parameter OUT_O = 0,
    // derived
    parameter IN_BITS = (C_IN * PIXEL_W + 7) / 8 * 8,
    parameter OUT_BITS = (PPC * OUT_W + 7) / 8 * 8,
    parameter BIAS_BITS = BIAS_W > 0 ? BIAS_W : 1
) (
    input wire clk,
    input wire rst,

    input wire [15:0] frame_width,
    input wire [15:0] frame_height,
    input wire [C_IN*K*K*WEIGHT_W-1:0] kernel,
    input wire [BIAS_BITS-1:0] bias,
    input wire enable,
    input wire abort_frame,
    input wire take_kernel,
    output wire kernel_claim,
    output wire kernel_take,

    output wire eol_early,
    output wire eol_late,
    output wire sof_early,
    output wire sof_late,
    output wire bad_size,
    output wire dropped,
    output wire aborted,

    output wire [C_IN*PIXEL_W-1:0] frame_pixel,
    output wire frame_first,
    output wire frame_last,
    output wire frame_valid,

    input wire [IN_BITS-1:0] s_axis_tdata,
    input wire s_axis_tuser,
    input wire s_axis_tlast,
    input wire s_axis_tvalid,
    output wire s_axis_tready,

    output wire [OUT_BITS-1:0] m_axis_tdata,
    output wire m_axis_tuser,
    output wire m_axis_tlast,
    output wire out_end,
    output wire m_axis_tvalid,
    input wire m_axis_tready
);
    // Parameters that cannot be stop elaboration: no such module, and its name says why.
    generate
        if (K < 1 || S < 1 || P < 0 || OP < 0 || C_IN < 1) begin : g_size
            ERROR_K_S_and_C_IN_must_be_at_least_1_and_P_and_OP_at_least_0 error ();
        end
        if (K - 2 * P + OP != S) begin : g_upscaler
            ERROR_no_exact_upscaler_K_minus_2P_plus_OP_must_equal_S error ();
        end
        if (OP >= S) begin : g_op
            ERROR_OP_must_be_less_than_S error ();
        end
        if (!(PPC >= 1 && PPC <= S && S % PPC == 0 || PPC == 4 && S == 2)) begin : g_ppc
            ERROR_PPC_must_divide_S_or_be_4_with_S_2 error ();
        end
        if (MAX_W < 1 || MAX_W > 65535) begin : g_max_w
            ERROR_MAX_W_must_be_1_to_65535 error ();
        end
        if (PIXEL_W < 1 || WEIGHT_W < 1 || ACC_W < 1 || OUT_W < 1) begin : g_width
            ERROR_PIXEL_W_WEIGHT_W_ACC_W_and_OUT_W_must_be_at_least_1 error ();
        end
    endgenerate

    // Without these guards a tool might stop at a division by zero before it comes to the sentence.
    localparam LANES = PPC > 0 ? PPC : 1;
    localparam FACTORS = C_IN > 0 ? C_IN : 1;
    localparam GROUP = LANES > S ? 2 : 1;
    localparam CLOCKS = S * S / LANES;
    localparam T_W = CLOCKS > 1 ? $clog2(CLOCKS) : 1;
    localparam AHEAD = (S - 1 + P) / S;
    localparam BEHIND = (K - 1 - P) / S;
    localparam SIDE = AHEAD + BEHIND + 1;
    localparam NEAR_W = $clog2((AHEAD > BEHIND ? AHEAD : BEHIND) + 2);
    localparam PIXEL_BITS = C_IN * PIXEL_W;
    localparam WIDTH_W = $clog2(MAX_W + 2) < NEAR_W ? NEAR_W : $clog2(MAX_W + 2);
    // Beats of an output line, for GROUP pixels of input and at most.
    localparam LINE_BEATS = GROUP == 2 ? 1 : S / LANES;
    localparam MAX_BEATS = (MAX_W + GROUP - 1) / GROUP * LINE_BEATS;
    localparam BEATS_W = $clog2(MAX_BEATS + 1);

    // Input register, the frame's size beside its pixels.
    localparam BEAT_W = 35 + PIXEL_BITS;
    wire [BEAT_W-1:0] beat_in;
    wire beat_valid;
    wire beat_ready;
    deconv_skid #(
        .WIDTH(BEAT_W)
    ) input_register (
        .clk(clk),
        .rst(rst),
        .in_data({
            enable,
            frame_width,
            frame_height,
            s_axis_tuser,
            s_axis_tlast,
            s_axis_tdata[PIXEL_BITS-1:0]
        }),
        .in_valid(s_axis_tvalid),
        .in_ready(s_axis_tready),
        .out_data(beat_in),
        .out_valid(beat_valid),
        .out_ready(beat_ready)
    );

    wire [WIDTH_W-1:0] width;
    wire [15:0] height;
    wire [PIXEL_BITS-1:0] pixel;
    wire sof;
    wire eol;
    wire pixel_valid;
    wire pixel_ready;
    deconv_framer #(
        .PIXEL_BITS(PIXEL_BITS),
        .WIDTH_W(WIDTH_W),
        .HEIGHT_W(16),
        .MAX_W(MAX_W)
    ) framer (
        .clk(clk),
        .rst(rst),
        .in_pixel(beat_in[0+:PIXEL_BITS]),
        .in_eol(beat_in[PIXEL_BITS]),
        .in_sof(beat_in[PIXEL_BITS+1]),
        .in_height(beat_in[PIXEL_BITS+2+:16]),
        .in_width(beat_in[PIXEL_BITS+18+:16]),
        .in_enable(beat_in[PIXEL_BITS+34]),
        .in_valid(beat_valid),
        .in_ready(beat_ready),
        .abort_frame(abort_frame),
        .out_pixel(pixel),
        .out_sof(sof),
        .out_eol(eol),
        .out_end(frame_last),
        .out_width(width),
        .out_height(height),
        .out_valid(pixel_valid),
        .out_ready(pixel_ready),
        .eol_early(eol_early),
        .eol_late(eol_late),
        .sof_early(sof_early),
        .sof_late(sof_late),
        .bad_size(bad_size),
        .dropped(dropped),
        .aborted(aborted)
    );
    assign frame_pixel = pixel;
    assign frame_first = sof;
    assign frame_valid = pixel_valid && pixel_ready;
    assign kernel_claim = frame_valid && frame_first && take_kernel;

    wire room;
    wire step;
    wire step_end;
    wire step_fill;
    wire [PIXEL_BITS-1:0] step_pixel;
    wire [WIDTH_W-1:0] step_x;
    wire [WIDTH_W-1:0] centre_width;
    wire [NEAR_W-1:0] centre_above;
    wire [NEAR_W-1:0] centre_below;
    wire centre_first;
    wire centre_take;
    wire centre_last;
    deconv_scan #(
        .AHEAD(AHEAD),
        .BEHIND(BEHIND),
        .GROUP(GROUP),
        .PHASE_CLOCKS(CLOCKS),
        .PIXEL_BITS(PIXEL_BITS),
        .WIDTH_W(WIDTH_W),
        .NEAR_W(NEAR_W)
    ) scan (
        .clk(clk),
        .rst(rst),
        .in_pixel(pixel),
        .in_eol(eol),
        .in_width(width),
        .in_height(height),
        .in_take(take_kernel),
        .in_valid(pixel_valid),
        .in_ready(pixel_ready),
        .room(room),
        .step(step),
        .step_end(step_end),
        .step_fill(step_fill),
        .step_pixel(step_pixel),
        .step_x(step_x),
        .centre_width(centre_width),
        .centre_above(centre_above),
        .centre_below(centre_below),
        .centre_first(centre_first),
        .centre_take(centre_take),
        .centre_last(centre_last)
    );

    wire [SIDE*PIXEL_BITS-1:0] column;
    deconv_line_buffer #(
        .LINES(SIDE - 1),
        .MAX_W(MAX_W),
        .PIXEL_BITS(PIXEL_BITS),
        .WIDTH_W(WIDTH_W)
    ) line_buffer (
        .clk(clk),
        .rst(rst),
        .step(step),
        .step_end(step_end),
        .step_fill(step_fill),
        .step_pixel(step_pixel),
        .step_x(step_x),
        .column(column)
    );

    wire launch;
    wire row;
    wire row_sof;
    wire row_last;
    wire [BEATS_W-1:0] row_beats;
    wire column_step;
    wire [NEAR_W-1:0] above;
    wire [NEAR_W-1:0] below;
    wire [NEAR_W-1:0] left;
    wire [NEAR_W-1:0] right;
    wire live;
    wire take;
    wire half;
    wire pad;
    deconv_edges #(
        .AHEAD(AHEAD),
        .BEHIND(BEHIND),
        .GROUP(GROUP),
        .LINE_BEATS(LINE_BEATS),
        .WIDTH_W(WIDTH_W),
        .NEAR_W(NEAR_W),
        .BEATS_W(BEATS_W)
    ) edges (
        .clk(clk),
        .rst(rst),
        .step(step),
        .step_x(step_x),
        .centre_width(centre_width),
        .centre_above(centre_above),
        .centre_below(centre_below),
        .centre_first(centre_first),
        .centre_take(centre_take),
        .centre_last(centre_last),
        .launch(launch),
        .row(row),
        .row_sof(row_sof),
        .row_last(row_last),
        .row_beats(row_beats),
        .out_step(column_step),
        .above(above),
        .below(below),
        .left(left),
        .right(right),
        .live(live),
        .take(take),
        .half(half),
        .pad(pad)
    );

    // In the window an unsigned pixel has a zero in front: multipliers take signed factors.
    localparam FACTOR_W = PIXEL_W + (PIXEL_SIGNED != 0 ? 0 : 1);
    wire [SIDE*FACTORS*FACTOR_W-1:0] factors;
    genvar n;
    generate
        for (n = 0; n < SIDE * FACTORS; n = n + 1) begin : g_factor
            wire [PIXEL_W-1:0] code = column[n*PIXEL_W+:PIXEL_W];
            wire [(n+1)*FACTOR_W-1:0] joined;
            if (n > 0 && PIXEL_SIGNED != 0) begin : g_signed
                assign joined = {code, g_factor[n-1].joined};
            end else if (n > 0) begin : g_unsigned
                assign joined = {1'b0, code, g_factor[n-1].joined};
            end else if (PIXEL_SIGNED != 0) begin : g_first_signed
                assign joined = code;
            end else begin : g_first_unsigned
                assign joined = {1'b0, code};
            end
        end
        assign factors = g_factor[SIDE*FACTORS-1].joined;
    endgenerate

    wire [SIDE*SIDE*C_IN*FACTOR_W-1:0] pixels;
    wire window_valid;
    wire window_half;
    wire window_pad;
    deconv_window #(
        .AHEAD(AHEAD),
        .BEHIND(BEHIND),
        .PIXEL_BITS(C_IN * FACTOR_W),
        .NEAR_W(NEAR_W),
        .TAG_W(2)
    ) window (
        .clk(clk),
        .rst(rst),
        .step(column_step),
        .column(factors),
        .above(above),
        .below(below),
        .left(left),
        .right(right),
        .live(live),
        .take(take),
        .tag({half, pad}),
        .out_take(kernel_take),
        .out_valid(window_valid),
        .out_tag({window_half, window_pad}),
        .out(pixels)
    );

    // The phases of one window, CLOCKS of them.
    wire [T_W-1:0] t;
    wire t_valid;
    generate
        if (CLOCKS == 1) begin : g_at_once
            assign t = 1'b0;
            assign t_valid = window_valid;
        end else begin : g_in_turn
            localparam LAST_CLOCK = CLOCKS - 1;
            reg [T_W-1:0] t_q;
            assign t = window_valid ? {T_W{1'b0}} : t_q;
            assign t_valid = window_valid || t_q != 0;
            always @(posedge clk) begin
                if (t_valid) t_q <= t == LAST_CLOCK[T_W-1:0] ? 0 : t + 1'b1;
                if (rst) t_q <= 0;
            end
        end
    endgenerate

    wire [LANES*ACC_W-1:0] sums;
    wire [3+T_W-1:0] sums_tag;
    deconv_phase_sums #(
        .K(K),
        .S(S),
        .P(P),
        .C_IN(C_IN),
        .LANES(LANES),
        .AHEAD(AHEAD),
        .BEHIND(BEHIND),
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
        .TAG_W(3 + T_W)
    ) phase_sums (
        .clk(clk),
        .rst(rst),
        .t(t),
        .window(pixels),
        .kernel(kernel),
        .bias(bias),
        .tag({t_valid, t, window_half, window_pad}),
        .sums(sums),
        .out_tag(sums_tag)
    );

    wire [LANES*OUT_W-1:0] outputs;
    generate
        for (n = 0; n < LANES; n = n + 1) begin : g_output
            wire [OUT_W-1:0] code;
            wire [(n+1)*OUT_W-1:0] joined;
            if (n == 0) begin : g_first
                assign joined = code;
            end else begin : g_join
                assign joined = {code, g_output[n-1].joined};
            end
            deconv_quantise #(
                .IN_W(ACC_W),
                .IN_SIGNED(ACC_SIGNED),
                .SHIFT(OUT_SHIFT),
                .Q(OUT_Q),
                .O(OUT_O),
                .OUT_W(OUT_W),
                .OUT_SIGNED(OUT_SIGNED)
            ) quantise (
                .clk(clk),
                .in(sums[n*ACC_W+:ACC_W]),
                .out(code)
            );
        end
        assign outputs = g_output[LANES-1].joined;
    endgenerate

    localparam QUANTISE_CLOCKS = 3;
    wire out_valid;
    wire [T_W-1:0] out_t;
    wire out_half;
    wire out_pad;
    deconv_delay #(
        .WIDTH(3 + T_W),
        .DEPTH(QUANTISE_CLOCKS)
    ) beside_quantise (
        .clk(clk),
        .rst(rst),
        .d(sums_tag),
        .q({out_valid, out_t, out_half, out_pad})
    );

    // From the launch of a column to its first phase: it leaves deconv_edges a clock later, is
    // centre AHEAD steps later. No lane has more products than the window has pixels, so that
    // LEVELS is the most.
    localparam COLUMN_CLOCKS = 1;
    localparam WINDOW_CLOCKS = 2 + AHEAD * CLOCKS;
    localparam LEAVES = (FACTORS * SIDE * SIDE + 3) / 4 + (BIAS_W > 0 ? 1 : 0);
    localparam LEVELS = ($clog2(LEAVES) + 1) / 2;
    localparam SUMS_CLOCKS = 6 + (PRODUCT_W > 0 ? 3 : 0) + 2 * LEVELS;
    localparam SCAN_CLOCKS = 1;
    localparam EDGES_CLOCKS = 2;  // to the launch

    wire [LANES*OUT_W-1:0] beat;
    deconv_raster #(
        .S(S),
        .LANES(LANES),
        .GROUP(GROUP),
        .OUT_W(OUT_W),
        .MAX_BEATS(MAX_BEATS),
        .LAUNCH_CLOCKS(SCAN_CLOCKS + EDGES_CLOCKS),
        .LATENCY(COLUMN_CLOCKS + WINDOW_CLOCKS + SUMS_CLOCKS + QUANTISE_CLOCKS),
        .BEATS_W(BEATS_W)
    ) raster (
        .clk(clk),
        .rst(rst),
        .launch(launch),
        .row(row),
        .row_sof(row_sof),
        .row_last(row_last),
        .row_beats(row_beats),
        .room(room),
        .in_valid(out_valid),
        .in_t(out_t),
        .in_half(out_half),
        .in_pad(out_pad),
        .in_pixels(outputs),
        .m_axis_tdata(beat),
        .m_axis_tuser(m_axis_tuser),
        .m_axis_tlast(m_axis_tlast),
        .m_axis_end(out_end),
        .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready)
    );
    generate
        if (OUT_BITS > LANES * OUT_W) begin : g_byte
            assign m_axis_tdata = {{OUT_BITS - LANES * OUT_W{1'b0}}, beat};
        end else begin : g_exact
            assign m_axis_tdata = beat;
        end
    endgenerate

    wire unused = &{1'b0, s_axis_tdata};
endmodule

`default_nettype wire
