// SPDX-License-Identifier: MIT
// deconv_scan: which column of which row goes through the engine at each step.
//
// A *slot* is one pass over the columns of a row. While a row of the frame comes in, the *centre*
// row, AHEAD rows earlier, is computed, because its outputs need AHEAD rows below it. After the last
// row of a frame the centre still has AHEAD rows to go: the next frame's first rows come in during
// those slots, and if none is there, slots without an incoming row ("flush") push them out. So a
// lone frame emerges whole and back-to-back frames cost nothing. A slot is as long as the wider of
// its two rows (rounded up to GROUP columns, so that output beats of two pixels' phases come out
// even), hence frames of different sizes may follow each other.
//
// Once the next frame has begun it alone moves the rows: if it stops within its first AHEAD rows, the
// last AHEAD rows of the frame before wait inside with it.
//
// Columns lag in the same way: the centre column is AHEAD columns left of the column that enters, so
// the last AHEAD columns of a row are computed in the first steps of the next slot. When no slot
// follows, a "drain" of AHEAD steps pushes them out.
//
// One step takes PHASE_CLOCKS clocks, in which the phases of one centre pixel are computed.
//
// Input: well-formed frames from deconv_framer, pixel by pixel, the last one of a row marked by
// in_eol; the size of the frame is constant from its first pixel to its last. in_take, which
// matters on the first pixel only, goes with the frame's first row. in_ready does not wait for
// in_valid.
//
// What decides a step comes from registers: how many columns are left is known a step ahead, for the
// first three columns by flags that go with the rows (REACH), as the longer counts are only compared
// while those pass.
//
//   stage 0   decide: step or wait; accept a pixel
//   stage 1   step_*: registered for the line memories
//
// Throughput: a step every PHASE_CLOCKS clocks while pixels come and `room` holds.
// This module does not repair malformed video: deconv_framer does.
`default_nettype none

module deconv_scan #(
    parameter AHEAD = 2,
    parameter BEHIND = 2,
    parameter GROUP = 2,
    parameter PHASE_CLOCKS = 1,
    parameter PIXEL_BITS = 8,
    parameter WIDTH_W = 11,
    parameter HEIGHT_W = 16,
    parameter NEAR_W = 2
) (
    input wire clk,
    input wire rst,

    // pixels of well-formed frames, with the size of their frame
    input wire [PIXEL_BITS-1:0] in_pixel,
    input wire in_eol,
    input wire [WIDTH_W-1:0] in_width,
    input wire [HEIGHT_W-1:0] in_height,
    input wire in_take,
    input wire in_valid,
    output wire in_ready,

    // there is room for the outputs of a few more centre pixels
    input wire room,

    // one step: column step_x enters
    output reg step,
    output reg step_end,  // last step of its slot
    output reg step_fill,  // step_pixel is a pixel of the incoming row
    output reg [PIXEL_BITS-1:0] step_pixel,
    output reg [WIDTH_W-1:0] step_x,

    // the centre row of this slot: its width (0: none), how near the frame's edges are (clipped to
    // BEHIND above and AHEAD below), whether it is the frame's first, with the frame's in_take, or its
    // last
    output reg [WIDTH_W-1:0] centre_width,
    output reg [NEAR_W-1:0] centre_above,
    output reg [NEAR_W-1:0] centre_below,
    output reg centre_first,
    output reg centre_take,
    output reg centre_last
);
    localparam [WIDTH_W-1:0] X0 = 0;
    localparam [WIDTH_W-1:0] X1 = 1;
    localparam [HEIGHT_W-1:0] Y1 = 1;

    // A row's descriptor: {reach, first, take, last, above, below, width}; width 0 is no row. Bit i of
    // reach says that the row has more than i columns.
    localparam REACH = 4;
    localparam AT_REACH = WIDTH_W + 2 * NEAR_W + 3;
    localparam ROW_W = AT_REACH + REACH;

    // An address is read again two clocks later at the earliest: see deconv_line_buffer.
    localparam [WIDTH_W-1:0] SHORTEST = GROUP * PHASE_CLOCKS < 2 ? 2 : GROUP;

    function [REACH-1:0] reach(input [WIDTH_W-1:0] columns);
        integer i;
        for (i = 0; i < REACH; i = i + 1) reach[i] = {{32 - WIDTH_W{1'b0}}, columns} > i;
    endfunction

    function [NEAR_W-1:0] clip(input [HEIGHT_W-1:0] rows, input integer most);
        clip = {{32 - HEIGHT_W{1'b0}}, rows} > most ? most[NEAR_W-1:0] : rows[NEAR_W-1:0];
    endfunction

    // slot state
    reg [WIDTH_W-1:0] x_q;  // column of the next step
    reg start_q;  // the next step is the first of its slot
    reg fill_q;  // a row comes in during this slot
    reg open_q;  // the next step takes a pixel if there is one
    reg free_q;  // the next step needs no pixel
    reg last_q;  // after the first step: the next one is the slot's last
    reg second_q;  // the next step is the second of its slot
    reg empty_q;  // no rows: a drain
    reg third_last_q;  // the third step is the slot's last
    reg drained_q;  // no columns wait in the window

    // frame state: the row that comes in next, or comes in now
    reg mid_frame_q;
    reg [WIDTH_W-1:0] width_q;
    reg [REACH-1:0] reach_q;
    reg [HEIGHT_W-1:0] rows_below_q;
    reg [NEAR_W-1:0] above_q;
    reg first_q;
    reg take_q;

    // What the first step of a slot starts: a row of the running frame, a new frame, or, without a
    // pixel, a flush or a drain.
    wire waiting;  // rows wait for their turn as centre
    wire will_wait;  // and after this slot
    wire new_frame = !mid_frame_q && in_valid;

    // A step needs its pixel, and room for the outputs it launches. Between steps lie PHASE_CLOCKS.
    wire phases_done;
    wire may = room && phases_done;
    wire go = may && (in_valid || free_q);
    wire take_pixel = in_valid && open_q;
    assign in_ready = may && open_q;

    // Whether the first step is the slot's last one, too, and the second, and the third.
    wire [REACH-1:0] in_reach = reach(in_width);
    wire [REACH-1:0] incoming_reach =
        !in_valid ? {REACH{1'b0}} : mid_frame_q ? reach_q : in_reach;
    wire [REACH-1:0] centre_reach;
    wire [REACH-1:0] wider_reach = incoming_reach | centre_reach;
    wire [REACH-1:0] slot_reach;
    genvar i;
    generate
        for (i = 0; i < REACH; i = i + 1) begin : g_reach
            // An even number of columns reaches as far as the odd one below it.
            localparam AT = GROUP == 2 ? i / 2 * 2 : i;
            if (SHORTEST > i) begin : g_always
                assign slot_reach[i] = 1'b1;
            end else begin : g_some
                assign slot_reach[i] = wider_reach[AT] || !wider_reach[0] && AHEAD > AT;
            end
        end
    endgenerate
    wire last = start_q ? !slot_reach[1] : last_q;
    wire unused_first = &{1'b0, slot_reach[0]};

    // The row's end, in which the rows move on: in the clock of its last step, which is not its first
    // one, or one clock later where a step takes more than one.
    wire ends;
    generate
        if (PHASE_CLOCKS == 1) begin : g_every_clock
            assign phases_done = 1'b1;
            assign ends = go && !start_q && last_q;
        end else begin : g_count
            localparam COUNT_W = $clog2(PHASE_CLOCKS);
            localparam REST_CLOCKS = PHASE_CLOCKS - 1;
            localparam [COUNT_W-1:0] REST = REST_CLOCKS[COUNT_W-1:0];
            reg [COUNT_W-1:0] rest_q;
            reg ends_q;
            assign phases_done = rest_q == 0;
            assign ends = ends_q;
            always @(posedge clk) begin
                if (go) rest_q <= REST;
                else if (!phases_done) rest_q <= rest_q - 1'b1;
                ends_q <= go && last;
                if (rst) begin
                    rest_q <= 0;
                    ends_q <= 1'b0;
                end
            end
        end
    endgenerate

    wire frame_ends = rows_below_q == 0;
    wire [ROW_W-1:0] incoming = {
        fill_q ? reach_q : {REACH{1'b0}}, first_q, first_q && take_q, frame_ends, above_q,
        clip(rows_below_q, AHEAD), fill_q ? width_q : X0
    };

    // Rows between the incoming one and the centre.
    wire [AT_REACH-1:0] centre;
    generate
        if (AHEAD == 0) begin : g_no_rows
            // The centre is the row that comes in, known from its first pixel on.
            wire begins = new_frame && start_q;
            wire fill = start_q ? in_valid : fill_q;
            wire [HEIGHT_W-1:0] in_below = in_height - Y1;
            assign centre = {
                first_q,
                begins ? in_take : first_q && take_q,
                begins ? in_below == 0 : frame_ends,
                above_q,
                clip(begins ? in_below : rows_below_q, AHEAD),
                !fill ? X0 : begins ? in_width : width_q
            };
            assign centre_reach = {REACH{1'b0}};
            assign waiting = 1'b0;
            assign will_wait = 1'b0;
            wire unused = &{1'b0, incoming};
        end else begin : g_rows
            reg [AHEAD*ROW_W-1:0] rows_q;
            reg waiting_q;
            wire [(AHEAD+1)*ROW_W-1:0] rows = {rows_q, incoming};
            assign centre = rows_q[(AHEAD-1)*ROW_W+:AT_REACH];
            assign centre_reach = rows_q[AHEAD*ROW_W-1-:REACH];
            assign waiting = waiting_q;

            integer n;
            reg any;
            assign will_wait = any;
            always @* begin
                any = 1'b0;
                for (n = 0; n < AHEAD; n = n + 1) any = any || rows[n*ROW_W+AT_REACH];
            end

            always @(posedge clk) begin
                if (ends) begin
                    rows_q <= rows[AHEAD*ROW_W-1:0];
                    waiting_q <= any;
                end
                if (rst) begin
                    rows_q <= {AHEAD * ROW_W{1'b0}};
                    waiting_q <= 1'b0;
                end
            end
        end
    endgenerate

    // The column before the slot's last one, for slots of more than three columns. The widths are
    // those of the first step, in the clock after it.
    localparam [WIDTH_W-1:0] X2 = 2;
    localparam [WIDTH_W-1:0] EVEN = GROUP == 2 ? ~X1 : ~X0;
    localparam [WIDTH_W-1:0] DRAIN = AHEAD[WIDTH_W-1:0];
    localparam [WIDTH_W-1:0] BACK = GROUP == 2 ? X1 : X2;
    wire row_is_wider = fill_q && width_q > centre_width;
    wire [WIDTH_W-1:0] before_last =
        empty_q ? DRAIN - BACK : row_is_wider ? width_q - BACK : centre_width - BACK;
    reg [WIDTH_W-1:0] before_last_q;

    always @(posedge clk) begin
        step_end <= last;
        step_fill <= take_pixel;
        step_pixel <= in_pixel;
        step_x <= x_q;
        {
            centre_first, centre_take, centre_last, centre_above, centre_below, centre_width
        } <= centre;
        if (second_q) before_last_q <= before_last & EVEN;

        step <= go;
        if (go) begin
            x_q <= last ? X0 : x_q + X1;
            start_q <= last;
            second_q <= start_q && !last;
            open_q <= last || take_pixel && !in_eol;
            free_q <= !(take_pixel && !in_eol);
            if (start_q) begin
                last_q <= !slot_reach[2];
                third_last_q <= !slot_reach[3];
                empty_q <= !wider_reach[0];
                fill_q <= in_valid;
                drained_q <= !in_valid && !waiting;
                if (new_frame) begin
                    mid_frame_q <= 1'b1;
                    width_q <= in_width;
                    reach_q <= in_reach;
                    rows_below_q <= in_height - Y1;
                    take_q <= in_take;
                end
            end else begin
                last_q <= second_q ? third_last_q : x_q == before_last_q;
            end
        end
        // A frame that goes on needs a pixel; without one, what waits is pushed on.
        if (ends) free_q <= (!fill_q || frame_ends) && (will_wait || !drained_q);
        if (ends && fill_q) begin
            mid_frame_q <= !frame_ends;
            rows_below_q <= rows_below_q - Y1;
            // The next frame's first row is known here, not by its first pixel: that would be late.
            first_q <= frame_ends;
            if (frame_ends) above_q <= {NEAR_W{1'b0}};
            else if (above_q != BEHIND[NEAR_W-1:0]) above_q <= above_q + 1'b1;
        end
        if (rst) begin
            step <= 1'b0;
            x_q <= X0;
            start_q <= 1'b1;
            second_q <= 1'b0;
            open_q <= 1'b1;
            free_q <= 1'b0;
            fill_q <= 1'b0;
            mid_frame_q <= 1'b0;
            first_q <= 1'b1;
            above_q <= {NEAR_W{1'b0}};
            drained_q <= 1'b1;
        end
    end
endmodule

`default_nettype wire
