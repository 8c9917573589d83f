// SPDX-License-Identifier: MIT
// deconv_control: what stands between the registers of deconv_axi and the core.
//
// Soft reset at a frame boundary: no further frame is taken (core_enable), what was taken leaves the
// output, then core_reset stands for RESET_CLOCKS clocks; counters and frame signatures start anew,
// reset_done is the last of it. A frame may be on its way into the core unseen, so the core must
// have been empty for QUIET_CLOCKS clocks. A source that offers nothing for 2**PATIENCE_W clocks
// meanwhile is taken for dead, and what it left unfinished is aborted. A sink is waited for.
//
// core_abort passes on software's abort_frame, a clock later.
//
// clear_flags is high in the first clock of core_reset: the sticky flags begin anew there, so that
// what happens beside the core in the other clocks, a kernel taken or refused, is kept.
//
// Counters are modulo 2**32 and count what happened a clock before, frames with their signature.
// clear_counters empties them, and goes before an event of the same clock.
//
// Signatures: CRC-32 (deconv_crc32) of the repaired input frame, a pixel a word padded with zeros
// to whole bytes, and of the output frame's beats. A signature, its count of frames, and frame_in
// or frame_out change in the same clock, so a count that is equal before and after reading a
// signature proves that it is of that frame.
//
// irq: a bit of irq_status and of irq_enable is set; a register.
//
// It does not hold sticky flags: those are in the register block.
// Golden: deconv4k.rtl.signature.input_frame and output_frame
`default_nettype none

module deconv_control #(
    parameter IN_W = 8,  // bits of a pixel, all channels
    parameter OUT_BITS = 32,  // bits of an output beat, whole bytes
    parameter IRQS = 5,
    parameter PATIENCE_W = 16
) (
    input wire clk,
    input wire rst,

    // software
    input wire enable,
    input wire soft_reset,
    input wire abort_frame,
    input wire clear_counters,
    input wire [IRQS-1:0] irq_status,
    input wire [IRQS-1:0] irq_enable,
    output wire running,
    output wire resetting,
    output wire reset_done,
    output wire clear_flags,
    output wire irq,

    // core
    input wire kernel_loaded,
    output wire core_enable,
    output wire core_reset,
    output wire core_abort,
    input wire dropped,
    input wire [IN_W-1:0] frame_pixel,
    input wire frame_first,
    input wire frame_last,
    input wire frame_valid,

    // streams, observed
    input wire s_axis_tlast,
    input wire s_axis_tvalid,
    input wire s_axis_tready,
    input wire [OUT_BITS-1:0] m_axis_tdata,
    input wire m_axis_tuser,
    input wire m_axis_tlast,
    input wire m_axis_tvalid,
    input wire m_axis_tready,
    input wire out_end,  // the beat is the last of its frame

    output wire frame_in,
    output wire frame_out,
    output wire [31:0] signature_in,
    output wire [31:0] signature_out,
    output wire [31:0] frames_in,
    output wire [31:0] frames_out,
    output wire [31:0] lines_in,
    output wire [31:0] lines_out,
    output wire [31:0] dropped_pixels,
    output wire [31:0] stalled_in,
    output wire [31:0] stalled_out
);
    localparam QUIET_CLOCKS = 32;
    localparam RESET_CLOCKS = 8;
    localparam IN_BYTES = (IN_W + 7) / 8;

    // Frames between the input of the engine and the last beat of their output.
    reg [15:0] in_flight_q;
    wire enters = frame_valid && frame_first;
    wire leaves = m_axis_tvalid && m_axis_tready && out_end;
    wire is_empty = in_flight_q == 0;
    assign running = !is_empty;

    reg draining_q;
    reg reset_q;
    reg done_q;
    reg [5:0] clocks_q;
    wire is_quiet = clocks_q == QUIET_CLOCKS - 1;
    wire is_reset = clocks_q == RESET_CLOCKS - 1;
    assign resetting = draining_q || reset_q;
    assign reset_done = done_q;
    assign core_reset = reset_q;
    assign core_enable = enable && kernel_loaded && !resetting;
    assign clear_flags = reset_q && clocks_q == 0;

    // Clocks since the source last offered something, in a soft reset.
    reg [PATIENCE_W:0] silent_q;
    reg abort_q;
    wire is_dead = silent_q[PATIENCE_W];
    assign core_abort = abort_q;

    always @(posedge clk) begin
        if (enters && !leaves) in_flight_q <= in_flight_q + 1'b1;
        if (leaves && !enters) in_flight_q <= in_flight_q - 1'b1;

        if (!draining_q || s_axis_tvalid) silent_q <= {PATIENCE_W + 1{1'b0}};
        else if (!is_dead) silent_q <= silent_q + 1'b1;
        abort_q <= abort_frame || is_dead;

        done_q <= 1'b0;
        if (soft_reset && !resetting) begin
            draining_q <= 1'b1;
            clocks_q   <= 6'd0;
        end else if (draining_q) begin
            clocks_q <= is_empty && !enters && !is_quiet ? clocks_q + 1'b1 : 6'd0;
            if (is_empty && !enters && is_quiet) begin
                draining_q <= 1'b0;
                reset_q <= 1'b1;
            end
        end else if (reset_q) begin
            clocks_q <= clocks_q + 1'b1;
            if (is_reset) begin
                reset_q <= 1'b0;
                done_q  <= 1'b1;
            end
        end
        if (rst) begin
            in_flight_q <= 16'd0;
            draining_q <= 1'b0;
            reset_q <= 1'b0;
            done_q <= 1'b0;
            silent_q <= {PATIENCE_W + 1{1'b0}};
            abort_q <= 1'b0;
        end
    end

    wire clear = rst || reset_q;

    wire [8*IN_BYTES+IN_W-1:0] wide = {{8 * IN_BYTES{1'b0}}, frame_pixel};
    deconv_crc32 #(
        .BYTES(IN_BYTES)
    ) crc_in (
        .clk(clk),
        .rst(clear),
        .first(frame_first),
        .last(frame_last),
        .valid(frame_valid),
        .data(wide[8*IN_BYTES-1:0]),
        .crc(signature_in),
        .done(frame_in)
    );

    deconv_crc32 #(
        .BYTES(OUT_BITS / 8)
    ) crc_out (
        .clk(clk),
        .rst(clear),
        .first(m_axis_tuser),
        .last(out_end),
        .valid(m_axis_tvalid && m_axis_tready),
        .data(m_axis_tdata),
        .crc(signature_out),
        .done(frame_out)
    );

    localparam COUNTERS = 7;
    reg [COUNTERS-1:0] event_q;
    wire [32*COUNTERS-1:0] counts;
    genvar n;
    generate
        for (n = 0; n < COUNTERS; n = n + 1) begin : g_counter
            reg [31:0] count_q;
            assign counts[32*n+:32] = count_q;
            always @(posedge clk) begin
                if (event_q[n]) count_q <= count_q + 1'b1;
                if (clear || clear_counters) count_q <= 32'd0;
            end
        end
    endgenerate
    assign {stalled_out, stalled_in, dropped_pixels, lines_out, lines_in} = counts[32*7-1:32*2];
    assign {frames_out, frames_in} = counts[32*2-1:0];

    reg irq_q;
    assign irq = irq_q;

    // The last words of frames, as long under way as in deconv_crc32.
    reg last_in_q;
    reg last_out_q;
    always @(posedge clk) begin
        last_in_q <= frame_valid && frame_last;
        last_out_q <= leaves;
        event_q[6] <= m_axis_tvalid && !m_axis_tready;
        event_q[5] <= s_axis_tvalid && !s_axis_tready;
        event_q[4] <= dropped;
        event_q[3] <= m_axis_tvalid && m_axis_tready && m_axis_tlast;
        event_q[2] <= s_axis_tvalid && s_axis_tready && s_axis_tlast;
        event_q[1] <= last_out_q;
        event_q[0] <= last_in_q;
        irq_q <= |(irq_status & irq_enable);
        if (clear) begin
            last_in_q <= 1'b0;
            last_out_q <= 1'b0;
            event_q <= {COUNTERS{1'b0}};
        end
        if (rst) irq_q <= 1'b0;
    end

    wire unused = &{1'b0, wide};
endmodule

`default_nettype wire
