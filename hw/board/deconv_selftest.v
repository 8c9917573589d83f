// SPDX-License-Identifier: MIT
// deconv_selftest: the engine plays to itself: noise in, the signature of each frame out judged.
//
//   pattern -> deconv_engine -> deconv_crc32 -> signature as expected? -> verdict
//                   ^
//              deconv_kernel_store <- POWER_UP
//
// Frames of noise run through the engine for ever, each the same as the one before, and the
// signature of every output frame is compared with the one that the golden model gives for them.
// The kernel lies in the registers of deconv_kernel_store, as it does behind deconv_axi.
//
// Formats: as deconv_engine. A pixel is the lowest bits of a 32-bit shift register (x^32 + x^22 +
// x^2 + x + 1, Galois form), which starts from SEED in every frame and steps eight times a pixel.
//
// `pass`: the last frame's signature was EXPECTED; `fail`: one was not, until reset. `beat` changes
// with every frame. `hold` stops the output while it is high; that must change no signature.
//
// `report` is high for a clock when a frame has been judged. These words are then of that frame, and
// stand until the next one leaves:
//
//   signatures        of the kernel, the input frame and the output frame, as deconv_axi's registers
//   frames            output frames since reset
//   errors            the bits of the register ERRORS, each until reset
//   stalled           clocks since reset in which the output waited for `hold`
//   clocks            from the frame's first pixel in to its last beat out
//
// A top that uses fewer of them loses what they are made of in synthesis. Frames of fewer than 64
// pixels are refused: 16 frames may be inside.
//
// Throughput: as deconv_engine. Golden: deconv4k.rtl.selftest
`default_nettype none

module deconv_selftest #(
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
    parameter OUT_O = 0,
    parameter HEIGHT = 1080,
    parameter [31:0] SEED = 32'h1,
    parameter [31:0] EXPECTED = 32'h0,
    parameter POWER_UP = "",  // empty: there is no kernel, and nothing runs
    // derived
    parameter IN_BITS = (C_IN * PIXEL_W + 7) / 8 * 8,
    parameter OUT_BITS = (PPC * OUT_W + 7) / 8 * 8
) (
    input wire clk,
    input wire reset_n,
    input wire hold,
    output wire pass,
    output wire fail,
    output wire beat,
    output wire report,
    output wire [31:0] signature_kernel,
    output wire [31:0] signature_in,
    output wire [31:0] signature_out,
    output wire [31:0] frames,
    output wire [6:0] errors,
    output wire [31:0] stalled,
    output wire [31:0] clocks
);
    localparam PIXEL_BITS = C_IN * PIXEL_W;
    localparam BIAS_BITS = BIAS_W > 0 ? BIAS_W : 1;

    generate
        if (PIXEL_BITS > 32) begin : g_pixel_bits
            ERROR_selftest_makes_pixels_of_up_to_32_bits error ();
        end
        if (MAX_W < 1 || MAX_W > 65535 || HEIGHT < 1 || HEIGHT > 65535) begin : g_size
            ERROR_selftest_MAX_W_and_HEIGHT_must_be_1_to_65535 error ();
        end
        if (MAX_W * HEIGHT < 64) begin : g_small
            ERROR_selftest_frames_need_at_least_64_pixels error ();
        end
    endgenerate

    // The buttons are not in step with the clock.
    reg [2:0] reset_q;
    reg [2:0] hold_q;
    always @(posedge clk) begin
        reset_q <= {reset_q[1:0], !reset_n};
        hold_q  <= {hold_q[1:0], hold};
    end
    reg rst;
    always @(posedge clk) rst <= reset_q[2];

    // Eight steps of the shift register.
    function [31:0] step(input [31:0] state);
        integer i;
        begin
            step = state;
            for (i = 0; i < 8; i = i + 1) begin
                step = {1'b0, step[31:1]} ^ (step[0] ? 32'h80200003 : 32'b0);
            end
        end
    endfunction

    // The pixel that is offered, and how many are left in its line and lines in its frame.
    localparam [15:0] COLUMNS = MAX_W[15:0] - 16'd1;
    localparam [15:0] ROWS = HEIGHT[15:0] - 16'd1;
    reg [31:0] noise_q;
    reg [15:0] columns_q;
    reg [15:0] rows_q;
    reg first_q;
    reg last_column_q;
    reg last_row_q;
    wire taken;
    wire loaded;
    always @(posedge clk) begin
        if (taken) begin
            noise_q <= last_column_q && last_row_q ? SEED : step(noise_q);
            columns_q <= last_column_q ? COLUMNS : columns_q - 1'b1;
            last_column_q <= last_column_q ? COLUMNS == 0 : columns_q == 1;
            if (last_column_q) begin
                rows_q <= last_row_q ? ROWS : rows_q - 1'b1;
                last_row_q <= last_row_q ? ROWS == 0 : rows_q == 1;
            end
            first_q <= last_column_q && last_row_q;
        end
        if (rst) begin
            noise_q <= SEED;
            columns_q <= COLUMNS;
            last_column_q <= COLUMNS == 0;
            rows_q <= ROWS;
            last_row_q <= ROWS == 0;
            first_q <= 1'b1;
        end
    end

    wire [IN_BITS-1:0] pixel;
    generate
        if (IN_BITS > PIXEL_BITS) begin : g_padded
            assign pixel = {{IN_BITS - PIXEL_BITS{1'b0}}, noise_q[PIXEL_BITS-1:0]};
        end else begin : g_whole
            assign pixel = noise_q[PIXEL_BITS-1:0];
        end
    endgenerate

    wire kernel_claim;
    wire kernel_take;
    wire kernel_pending;
    wire [C_IN*K*K*WEIGHT_W-1:0] kernel;
    wire [BIAS_BITS-1:0] bias;
    wire [18:0] store;  // count, refused, ignored, locked
    wire store_taken;
    deconv_kernel_store #(
        .C_IN(C_IN),
        .K(K),
        .WEIGHT_W(WEIGHT_W),
        .WEIGHT_SIGNED(WEIGHT_SIGNED),
        .BIAS_W(BIAS_W),
        .BIAS_SIGNED(BIAS_SIGNED),
        .POWER_UP(POWER_UP)
    ) kernel_store (
        .clk(clk),
        .rst(rst),
        .data(32'b0),
        .write(1'b0),
        .partial(1'b0),
        .start(1'b0),
        .commit(1'b0),
        .count(store[15:0]),
        .refused(store[16]),
        .ignored(store[17]),
        .loaded(loaded),
        .locked(store[18]),
        .pending(kernel_pending),
        .core_reset(1'b0),
        .kernel_claim(kernel_claim),
        .kernel_take(kernel_take),
        .taken(store_taken),
        .kernel(kernel),
        .bias(bias),
        .signature(signature_kernel)
    );

    wire [5:0] events;
    wire aborted;
    wire [PIXEL_BITS-1:0] frame_pixel;
    wire [2:0] frame_signals;
    wire ready;
    wire [OUT_BITS-1:0] data;
    wire first;
    wire line_end;
    wire frame_end;
    wire valid;
    wire accept = !hold_q[2];
    assign taken = loaded && ready;
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
        .clk(clk),
        .rst(rst),
        .frame_width(MAX_W[15:0]),
        .frame_height(HEIGHT[15:0]),
        .kernel(kernel),
        .bias(bias),
        .enable(1'b1),
        .abort_frame(1'b0),
        .take_kernel(kernel_pending),
        .kernel_claim(kernel_claim),
        .kernel_take(kernel_take),
        .eol_early(events[0]),
        .eol_late(events[1]),
        .sof_early(events[2]),
        .sof_late(events[3]),
        .bad_size(events[4]),
        .dropped(events[5]),
        .aborted(aborted),
        .frame_pixel(frame_pixel),
        .frame_first(frame_signals[0]),
        .frame_last(frame_signals[1]),
        .frame_valid(frame_signals[2]),
        .s_axis_tdata(pixel),
        .s_axis_tuser(first_q),
        .s_axis_tlast(last_column_q),
        .s_axis_tvalid(loaded),
        .s_axis_tready(ready),
        .m_axis_tdata(data),
        .m_axis_tuser(first),
        .m_axis_tlast(line_end),
        .out_end(frame_end),
        .m_axis_tvalid(valid),
        .m_axis_tready(accept)
    );

    wire done;
    deconv_crc32 #(
        .BYTES(OUT_BITS / 8)
    ) crc_out (
        .clk(clk),
        .rst(rst),
        .first(first),
        .last(frame_end),
        .valid(valid && accept),
        .data(data),
        .crc(signature_out),
        .done(done)
    );

    wire in_done;
    wire [IN_BITS+PIXEL_BITS-1:0] wide = {{IN_BITS{1'b0}}, frame_pixel};
    deconv_crc32 #(
        .BYTES(IN_BITS / 8)
    ) crc_in (
        .clk(clk),
        .rst(rst),
        .first(frame_signals[0]),
        .last(frame_signals[1]),
        .valid(frame_signals[2]),
        .data(wide[IN_BITS-1:0]),
        .crc(signature_in),
        .done(in_done)
    );

    reg [31:0] frames_q;
    reg [31:0] stalled_q;
    assign frames  = frames_q;
    assign stalled = stalled_q;
    always @(posedge clk) begin
        if (done) frames_q <= frames_q + 1'b1;
        if (valid && !accept) stalled_q <= stalled_q + 1'b1;
        if (rst) begin
            frames_q  <= 32'd0;
            stalled_q <= 32'd0;
        end
    end

    // When the frames inside began.
    reg [31:0] now_q;
    reg [31:0] clocks_q;
    wire [31:0] began;
    wire leaves = valid && accept && frame_end;
    wire began_valid;
    deconv_fifo #(
        .WIDTH(32),
        .DEPTH(16)
    ) fifo (
        .clk(clk),
        .rst(rst),
        .push(taken && first_q),
        .in_data(now_q),
        .out_data(began),
        .out_valid(began_valid),
        .out_ready(leaves)
    );
    assign clocks = clocks_q;
    always @(posedge clk) begin
        now_q <= now_q + 1'b1;
        if (leaves) clocks_q <= now_q - began;
        if (rst) now_q <= 32'd0;
    end

    // Compare byte by byte, then the four answers. Malformed video or a kernel that is refused would
    // be a fault, too.
    reg [3:0] same_q;
    reg done_q;
    reg pass_q;
    reg fail_q;
    reg beat_q;
    reg report_q;
    reg [6:0] errors_q;
    integer i;
    always @(posedge clk) begin
        for (i = 0; i < 4; i = i + 1) same_q[i] <= signature_out[8*i+:8] == EXPECTED[8*i+:8];
        done_q <= done;
        if (done_q) begin
            pass_q <= &same_q;
            beat_q <= !beat_q;
        end
        report_q <= done_q;
        errors_q <= errors_q | {store[17:16], events[4:0]};
        if (done_q && !(&same_q) || |events || store[16]) fail_q <= 1'b1;
        if (rst) begin
            done_q <= 1'b0;
            pass_q <= 1'b0;
            fail_q <= 1'b0;
            beat_q <= 1'b0;
            report_q <= 1'b0;
            errors_q <= 7'd0;
        end
    end
    assign report = report_q;
    assign errors = errors_q;
    assign pass = pass_q;
    assign fail = fail_q;
    assign beat = beat_q;

    wire unused = &{
        1'b0, aborted, line_end, store, store_taken, noise_q, wide, in_done, began_valid
    };
endmodule

`default_nettype wire
