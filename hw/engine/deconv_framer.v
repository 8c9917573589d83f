// SPDX-License-Identifier: MIT
// deconv_framer: whole, well-formed frames out of whatever video arrives.
//
// A SOF beat brings the size of its frame. Its frame leaves with exactly width * height pixels, SOF
// on the first of them, EOL on a line's last. A line, as it comes, is the beats up to and including one with EOL, or up to a SOF.
//
//   what arrives                              what happens                             flag
//   ----------------------------------------  ---------------------------------------  ---------
//   beats before the first SOF after reset    dropped                                  none
//   EOL before the last column                zeros complete the line                  eol_early
//   no EOL at the last column                 what is left of the line is dropped      eol_late
//   SOF while pixels of a frame are missing   zeros complete the frame, the SOF waits  sof_early
//   lines after the last one                  dropped                                  sof_late
//   SOF, width 0 or above MAX_W or height 0   dropped with all up to the next SOF      bad_size
//   SOF with in_enable = 0                    dropped with all up to the next SOF      none
//   a pause, anywhere                         nothing                                  none
//
// abort_frame ends a frame whose source died: zeros complete it, and all up to the next SOF is dropped,
// without a flag. `aborted` tells that there was such a frame; without one, and while zeros complete
// it already, it does nothing. A SOF that waits, or comes in the same clock, starts its frame after
// that. While it stays high no frame is left waiting for a beat.
//
// A line broken off by SOF raises sof_early only. The surplus of the last line raises eol_late, not
// sof_late. Without enable, a bad size raises no flag. A refused SOF, too, completes the frame that
// ran. No flag is raised for what follows a refused SOF.
//
// Flags are pulses of one clock: eol_early and eol_late once a line, sof_early and bad_size once a
// SOF, sof_late and dropped at every beat. They come 2 clocks after the beat's handshake, or later
// if the beat has to wait; aborted comes a clock after abort_frame.
//
// in_width, in_height and in_enable matter on a SOF beat only; out_width and out_height are constant
// from a frame's SOF to out_end, its last pixel.
//
//   stage 1   beat_*: the beat and what is to be known of its size, so that no wide comparison lies
//             before a decision
//   stage 2   decide: pass a pixel, make a zero, drop or wait; output register (deconv_skid)
//
// Latency: 2 clocks. Throughput: a pixel a clock, from line to line and from frame to frame; zeros
// take a clock each, and an early SOF one more. Storage: a beat, and the two words of deconv_skid.
// It does not end a frame by itself: a frame that stops in the middle waits for its next beat, or for
// abort_frame.
// Golden: deconv4k.rtl.framing.run
`default_nettype none

module deconv_framer #(
    parameter PIXEL_BITS = 8,
    parameter WIDTH_W = 11,
    parameter HEIGHT_W = 16,
    parameter MAX_W = 1920
) (
    input wire clk,
    input wire rst,

    // any beats
    input wire [PIXEL_BITS-1:0] in_pixel,
    input wire in_sof,
    input wire in_eol,
    input wire [15:0] in_width,
    input wire [HEIGHT_W-1:0] in_height,
    input wire in_enable,
    input wire in_valid,
    output wire in_ready,

    input wire abort_frame,  // complete the running frame with zeros

    // whole frames
    output wire [PIXEL_BITS-1:0] out_pixel,
    output wire out_sof,
    output wire out_eol,
    output wire out_end,
    output wire [WIDTH_W-1:0] out_width,
    output wire [HEIGHT_W-1:0] out_height,
    output wire out_valid,
    input wire out_ready,

    // one pulse for each event
    output wire eol_early,
    output wire eol_late,
    output wire sof_early,
    output wire sof_late,
    output wire bad_size,
    output wire dropped,
    output wire aborted
);
    generate
        if (MAX_W < 1 || MAX_W > 65535) begin : g_max_w
            ERROR_MAX_W_must_be_1_to_65535 error ();
        end
        if (WIDTH_W < 2 || WIDTH_W > 31 || MAX_W >> WIDTH_W != 0) begin : g_width_w
            ERROR_WIDTH_W_must_be_2_to_31_and_hold_MAX_W error ();
        end
        if (HEIGHT_W < 2) begin : g_height_w
            ERROR_HEIGHT_W_must_be_at_least_2 error ();
        end
    endgenerate

    localparam [WIDTH_W-1:0] X1 = 1;
    localparam [WIDTH_W-1:0] X2 = 2;
    localparam [HEIGHT_W-1:0] Y1 = 1;
    localparam [HEIGHT_W-1:0] Y2 = 2;

    // Stage 1. The width is cut to WIDTH_W bits after all of its bits were looked at.
    wire [16:0] spare = MAX_W[16:0] - {1'b0, in_width};  // negative: wider than MAX_W
    wire size_bad = spare[16] || in_width == 0 || in_height == 0;
    wire [31:0] width32 = {16'd0, in_width};
    wire unused = &{1'b0, spare, width32};

    localparam BEAT_W = 6 + WIDTH_W + HEIGHT_W + PIXEL_BITS;
    reg beat_valid_q;
    reg [BEAT_W-1:0] beat_q;
    wire [PIXEL_BITS-1:0] beat_pixel;
    wire beat_sof;
    wire beat_eol;
    wire beat_good;  // this SOF may start a frame
    wire beat_bad;  // this SOF may not, for its size
    wire [WIDTH_W-1:0] beat_width;
    wire [HEIGHT_W-1:0] beat_height;
    wire beat_one_wide;
    wire beat_one_high;
    assign {
        beat_good, beat_bad, beat_one_wide, beat_one_high,
        beat_width, beat_height, beat_sof, beat_eol, beat_pixel
    } = beat_q;
    wire take;
    assign in_ready = !beat_valid_q || take;

    always @(posedge clk) begin
        if (in_ready) begin
            beat_valid_q <= in_valid;
            beat_q <= {
                in_enable && !size_bad, in_enable && size_bad, in_width == 1, in_height == 1,
                width32[WIDTH_W-1:0], in_height, in_sof, in_eol, in_pixel
            };
        end
        if (rst) beat_valid_q <= 1'b0;
    end

    // Where things stand between two beats.
    reg running_q;  // pixels of a frame are missing
    reg pad_q;  // its line is completed with zeros
    reg finish_q;  // all of it is completed with zeros
    reg surplus_q;  // the line has all its pixels, but not its EOL; void once finish_q or lost_q
    reg lost_q;  // no frame came before: nothing is expected but a SOF

    // The pixel that leaves next: of the running frame, or else the first one of a frame.
    reg [WIDTH_W-1:0] width_q;
    reg [HEIGHT_W-1:0] height_q;
    reg [WIDTH_W-1:0] columns_q;  // pixels missing in its line
    reg [HEIGHT_W-1:0] rows_q;  // lines missing in its frame
    reg one_wide_q;
    reg last_column_q;
    reg last_row_q;
    wire [WIDTH_W-1:0] width = running_q ? width_q : beat_width;
    wire [HEIGHT_W-1:0] height = running_q ? height_q : beat_height;
    wire [WIDTH_W-1:0] columns = running_q ? columns_q : beat_width;
    wire [HEIGHT_W-1:0] rows = running_q ? rows_q : beat_height;
    wire one_wide = running_q ? one_wide_q : beat_one_wide;
    wire last_column = running_q ? last_column_q : beat_one_wide;
    wire last_row = running_q ? last_row_q : beat_one_high;

    // Stage 2. What the beat is: the first pixel of a frame, a further one, a SOF that comes too
    // early or is refused, or something that belongs nowhere. While zeros are made it waits.
    wire room;
    wire zero = pad_q || finish_q;
    wire sof = beat_valid_q && beat_sof;
    wire other = beat_valid_q && !beat_sof;
    wire start = sof && !running_q && beat_good;
    wire refuse = sof && !running_q && !beat_good;
    wire early = sof && running_q && !zero && !abort_frame;
    wire pixel = other && running_q && !zero && !surplus_q;
    wire stray = other && (!running_q || !zero && surplus_q);

    wire drop = refuse || stray;
    wire pass = room && (start || pixel);
    assign take = drop || pass;
    wire emit = pass || room && zero;

    // What is rare is decided here, so that simulators pass it by.
    wire ends = last_column && last_row;
    wire complete = last_row && (pad_q || pass && (last_column || beat_eol));
    wire aborts = abort_frame && running_q && !finish_q && !complete;
    wire line_done = emit && last_column;
    wire line_marked = pass && (last_column || beat_eol || start);
    wire [6:0] events = {
        aborts,
        drop,
        refuse && beat_bad,
        stray && !running_q && !surplus_q && !lost_q,
        early,
        line_marked && last_column && !beat_eol,
        line_marked && !last_column && beat_eol
    };
    reg [6:0] events_q;
    assign {aborted, dropped, bad_size, sof_late, sof_early, eol_late, eol_early} = events_q;

    always @(posedge clk) begin
        if (emit) begin
            columns_q <= columns - X1;
            last_column_q <= columns == X2;
        end
        if (room && start) begin
            width_q <= beat_width;
            height_q <= beat_height;
            one_wide_q <= beat_one_wide;
            rows_q <= beat_height;
            last_row_q <= beat_one_high;
            running_q <= 1'b1;
            lost_q <= 1'b0;
        end
        if (line_done) begin
            columns_q <= width;
            last_column_q <= one_wide;
            rows_q <= rows - Y1;
            last_row_q <= rows == Y2;
            running_q <= !ends;
            pad_q <= 1'b0;
            if (ends) finish_q <= 1'b0;
        end
        if (line_marked) begin
            if (beat_eol && !last_column) pad_q <= 1'b1;
            surplus_q <= last_column && !beat_eol;
        end
        if (early || aborts) finish_q <= 1'b1;
        if (stray && beat_eol) surplus_q <= 1'b0;
        if (refuse || aborts) lost_q <= 1'b1;

        events_q <= events;
        if (rst) begin
            running_q <= 1'b0;
            pad_q <= 1'b0;
            finish_q <= 1'b0;
            surplus_q <= 1'b0;
            lost_q <= 1'b1;
            events_q <= 7'd0;
        end
    end

    deconv_skid #(
        .WIDTH(HEIGHT_W + WIDTH_W + 3 + PIXEL_BITS)
    ) output_register (
        .clk(clk),
        .rst(rst),
        .in_data({
            height,
            width,
            ends,
            last_column,
            !running_q,
            zero ? {PIXEL_BITS{1'b0}} : beat_pixel
        }),
        .in_valid(emit),
        .in_ready(room),
        .out_data({out_height, out_width, out_end, out_eol, out_sof, out_pixel}),
        .out_valid(out_valid),
        .out_ready(out_ready)
    );
endmodule

`default_nettype wire
