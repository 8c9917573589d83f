// scan: which column of which row goes through the engine at each step.
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
// Input: well-formed frames from framer, pixel by pixel, the first one marked by in_sof; the size of
// the frame is constant from then to the frame's end. in_take, which matters on the first pixel only,
// goes with the frame's first row.
//
//   stage 0   decide: step or wait; accept a pixel
//   stage 1   step_*: registered for the line memories
//
// Throughput: a step every PHASE_CLOCKS clocks while pixels come and `room` holds.
// This module does not repair malformed video: framer does.
`default_nettype none

module scan #(
    parameter AHEAD = 2,
    parameter BEHIND = 2,
    parameter GROUP = 2,
    parameter PHASE_CLOCKS = 1,
    parameter PIXEL_BITS = 8,
    parameter WIDTH_W = 11,
    parameter HEIGHT_W = 16,
    parameter NEAR_W = 3
) (
    input wire clk,
    input wire rst,

    // pixels of well-formed frames, with the size of their frame
    input wire [PIXEL_BITS-1:0] in_pixel,
    input wire in_sof,
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

    // A row's descriptor: {first, take, last, above, below, width}; width 0 is no row.
    localparam ROW_W = WIDTH_W + 2 * NEAR_W + 3;

    // An address is read again two clocks later at the earliest: see line_buffer.
    localparam [WIDTH_W-1:0] SHORTEST = GROUP * PHASE_CLOCKS < 2 ? 2 : GROUP;

    function [NEAR_W-1:0] clip(input [HEIGHT_W-1:0] rows, input integer most);
        clip = {{32 - HEIGHT_W{1'b0}}, rows} > most ? most[NEAR_W-1:0] : rows[NEAR_W-1:0];
    endfunction

    // slot state
    reg [WIDTH_W-1:0] x_q;  // column of the next step
    reg start_q;  // the next step is the first of its slot
    reg fill_q;  // a row comes in during this slot
    reg [WIDTH_W-1:0] last_q;  // last column of this slot
    reg drained_q;  // no columns wait in the window

    // frame state: the row that comes in next, or comes in now
    reg mid_frame_q;
    reg [WIDTH_W-1:0] width_q;
    reg [HEIGHT_W-1:0] rows_below_q;
    reg [NEAR_W-1:0] above_q;
    reg first_q;
    reg take_q;

    // What the first step of a slot starts: a row of the running frame, a new frame, or a flush.
    wire new_frame = !mid_frame_q && in_valid && in_sof;
    wire waiting;  // rows wait for their turn as centre
    wire start_fill = mid_frame_q || new_frame;
    wire start_flush = !mid_frame_q && !in_valid && waiting;
    wire start_drain = !mid_frame_q && !in_valid && !waiting && !drained_q;
    wire fill = start_q ? start_fill : fill_q;

    wire [WIDTH_W-1:0] width = new_frame && start_q ? in_width : width_q;
    wire [HEIGHT_W-1:0] rows_below = new_frame && start_q ? in_height - Y1 : rows_below_q;
    wire [NEAR_W-1:0] above = new_frame && start_q ? {NEAR_W{1'b0}} : above_q;
    wire first = new_frame && start_q ? 1'b1 : first_q;
    wire take = new_frame && start_q ? in_take : take_q;
    wire frame_ends = rows_below == 0;
    wire [ROW_W-1:0] incoming = {
        first, first && take, frame_ends, above, clip(rows_below, AHEAD), fill ? width : X0
    };

    // Rows between the incoming one and the centre.
    wire [ROW_W-1:0] centre;
    wire slot_end;
    generate
        if (AHEAD == 0) begin : g_no_rows
            assign centre  = incoming;
            assign waiting = 1'b0;
            wire unused = &{1'b0, slot_end};
        end else begin : g_rows
            reg [AHEAD*ROW_W-1:0] rows_q;
            reg waiting_q;
            wire [(AHEAD+1)*ROW_W-1:0] rows = {rows_q, incoming};
            assign centre  = rows_q[(AHEAD-1)*ROW_W+:ROW_W];
            assign waiting = waiting_q;

            integer i;
            reg any;
            always @* begin
                any = 1'b0;
                for (i = 0; i < AHEAD; i = i + 1) any = any || rows[i*ROW_W+:WIDTH_W] != X0;
            end

            always @(posedge clk) begin
                if (slot_end) begin
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

    // The slot's last column: known from registers except in its first step.
    wire [WIDTH_W-1:0] wider = incoming[0+:WIDTH_W] > centre[0+:WIDTH_W] ?
                               incoming[0+:WIDTH_W] : centre[0+:WIDTH_W];
    wire [WIDTH_W-1:0] drain = AHEAD[WIDTH_W-1:0];
    wire [WIDTH_W-1:0] needed = wider == X0 ? drain : wider;
    wire [WIDTH_W-1:0] least = needed < SHORTEST ? SHORTEST : needed;
    wire [WIDTH_W-1:0] last_column = GROUP == 2 ? (least - X1) | X1 : least - X1;
    wire last = start_q ? last_column == X0 : x_q == last_q;

    // A step needs its pixel, and room for the outputs it launches. Between steps lie PHASE_CLOCKS.
    wire wants_pixel = fill && x_q < width;
    wire active = !start_q || start_fill || start_flush || start_drain;
    wire phases_done;
    wire go = active && phases_done && room && (in_valid || !wants_pixel);

    assign in_ready = go && wants_pixel;
    assign slot_end = go && last;

    generate
        if (PHASE_CLOCKS == 1) begin : g_every_clock
            assign phases_done = 1'b1;
        end else begin : g_count
            localparam COUNT_W = $clog2(PHASE_CLOCKS);
            localparam REST_CLOCKS = PHASE_CLOCKS - 1;
            localparam [COUNT_W-1:0] REST = REST_CLOCKS[COUNT_W-1:0];
            reg [COUNT_W-1:0] rest_q;
            assign phases_done = rest_q == 0;
            always @(posedge clk) begin
                if (go) rest_q <= REST;
                else if (!phases_done) rest_q <= rest_q - 1'b1;
                if (rst) rest_q <= 0;
            end
        end
    endgenerate

    always @(posedge clk) begin
        step_end <= last;
        step_fill <= wants_pixel;
        step_pixel <= in_pixel;
        step_x <= x_q;
        {
            centre_first, centre_take, centre_last, centre_above, centre_below, centre_width
        } <= centre;

        step <= go;
        if (go) begin
            x_q <= last ? X0 : x_q + X1;
            start_q <= last;
            if (start_q) begin
                fill_q <= start_fill;
                last_q <= last_column;
                drained_q <= start_drain;
                if (new_frame) begin
                    mid_frame_q <= 1'b1;
                    width_q <= in_width;
                    rows_below_q <= in_height - Y1;
                    above_q <= {NEAR_W{1'b0}};
                    first_q <= 1'b1;
                    take_q <= in_take;
                end
            end
            if (last && fill) begin
                mid_frame_q <= !frame_ends;
                rows_below_q <= rows_below - Y1;
                above_q <= above == BEHIND[NEAR_W-1:0] ? above : above + 1'b1;
                first_q <= 1'b0;
            end
        end
        if (rst) begin
            step <= 1'b0;
            x_q <= X0;
            start_q <= 1'b1;
            fill_q <= 1'b0;
            mid_frame_q <= 1'b0;
            drained_q <= 1'b1;
        end
    end
endmodule

`default_nettype wire
