// SPDX-License-Identifier: MIT
// deconv_raster: output pixels from the order of phases to the order of lines.
//
//   out[S*q + r, S*x + s] = phase (r, s) of the centre pixel (q, x)
//
// The S output lines of one centre row are computed side by side and leave one after the other. Each
// r has a queue of beats in one memory; the reader empties queue 0 for a whole line, then queue 1,
// and so on. While it reads line r, the lines after it wait, and the next row's come in:
// queue 0 needs (S-1)/S of a line, queue r > 0 needs 1 + (r-1)/S lines. That is 1.5 output lines for
// S = 2.
//
// The engine's pipeline runs free: nothing in it can stop. `room` says that every queue can take what
// is on its way. A launch counts against it from then on until its beats are read. Three things must
// hold; B is the beats of a line, LAUNCH_BEATS those of a launch in each queue, INTERVAL the clocks
// between two launches:
//
//   1. No queue overflows. A launch is decided LAUNCH_CLOCKS before it arrives here, and `room` shows
//      it 3 clocks later: LOOP clocks, in which LATE_BEATS are launched, with those that made `room`
//      fall. MARGIN is not less, so launched_q never exceeds a queue's size.
//   2. `room` never falls while the sink takes a beat a clock. The reader can end line 0 when its last
//      beat is computed, LATENCY + 2 clocks after its launch (one more for a pair), and reads line r
//      r * B clocks later. Until then come B * (S - 1 + r) / S beats of the queue's line and
//      IN_FLIGHT ones of what was launched since. `room` falls beyond both.
//   3. Nothing hangs. Launched columns that are not yet centre move only with further steps, and
//      these wait for `room`. If the reader starves, the queues up to its line hold nothing but the
//      beats of these AHEAD columns, the others at most a line more. LATENCY counts AHEAD steps, so
//      2. leaves room for both: `room` is high, and the steps go on.
//
// The same holds for rows, which are announced ROW_CLOCKS apart at least.
//
// GROUP = 1: pixels hold LANES phases of one row r in the clock t, one beat.
// GROUP = 2: (S = 2, LANES = 4) pixels hold both rows, two pixels each; two centre pixels make a beat
// of either row. A `pad` in the second place leaves the upper half of the beat zero.
//
// Stream: the leftmost pixel in the least significant bits; tuser on the first beat of a frame,
// tlast on the last beat of every line. tvalid does not wait for tready; nothing changes meanwhile.
//
//   stage 1   collect a beat        stage 2   write it
//   read:     address, memory, memory's output register, output queue (2)
//
// Storage: QUEUES beats, and ROWS descriptions of rows. Latency: 7 clocks from the in_valid that
// completes a beat to its tvalid. Throughput: a beat a clock.
// Golden: deconv4k.golden.reference.raster
`default_nettype none

module deconv_raster #(
    parameter S = 2,
    parameter LANES = 4,
    parameter GROUP = 2,
    parameter OUT_W = 8,
    parameter MAX_BEATS = 960,
    parameter LAUNCH_CLOCKS = 3,  // from looking at `room` to the launch that it permits
    parameter LATENCY = 18,  // at most, from a launch to its first in_valid, steps following on
    parameter CLOCKS = S * S / LANES,
    parameter T_W = CLOCKS > 1 ? $clog2(CLOCKS) : 1,
    parameter BEATS_W = 10
) (
    input wire clk,
    input wire rst,

    // announcements, ahead of the pixels
    input wire launch,
    input wire row,
    input wire row_sof,
    input wire row_last,
    input wire [BEATS_W-1:0] row_beats,
    output wire room,

    input wire in_valid,
    input wire [T_W-1:0] in_t,
    input wire in_half,
    input wire in_pad,
    input wire [LANES*OUT_W-1:0] in_pixels,

    output wire [LANES*OUT_W-1:0] m_axis_tdata,
    output wire m_axis_tuser,
    output wire m_axis_tlast,
    output wire m_axis_end,  // the beat is the last one of its frame
    output wire m_axis_tvalid,
    input wire m_axis_tready
);
    localparam BEAT_W = LANES * OUT_W;

    function integer at_least(input integer least, input integer value);
        at_least = value > least ? value : least;
    endfunction

    localparam LAUNCH_BEATS = LANES < S ? S / LANES : 1;
    localparam INTERVAL = CLOCKS * GROUP;
    localparam LOOP = LAUNCH_CLOCKS + 3;  // launched_q, room_q, all_room_q

    // Beats that queue r holds: of its lines, and SLACK more. 16 and 32 at least are a reserve.
    localparam LATE_BEATS = LAUNCH_BEATS * (1 + (LOOP - 1) / INTERVAL);
    localparam MARGIN = at_least(16, LATE_BEATS);
    localparam IN_FLIGHT = (LATENCY + 1 + GROUP + LAUNCH_BEATS) / S;
    localparam SLACK = (MARGIN + 1 + IN_FLIGHT + 31) / 32 * 32;
    function integer size(input integer r);
        size = SLACK + (MAX_BEATS * (S - 1 + r) + S - 1) / S;
    endfunction
    function integer base(input integer r);
        integer i;
        begin
            base = 0;
            for (i = 0; i < r; i = i + 1) base = base + size(i);
        end
    endfunction
    localparam QUEUES = base(S);
    localparam ADDR_W = $clog2(QUEUES);
    localparam R_W = S > 1 ? $clog2(S) : 1;

    // Rows announced but not finished: where their lines end, and whether they start or end a frame.
    // At the full rate there are two that are read or computed, and those in flight.
    localparam ROW_CLOCKS = at_least(2, INTERVAL);
    localparam ROW_MARGIN = at_least(8, 1 + (LOOP - 1) / ROW_CLOCKS);
    localparam ROWS_IN_FLIGHT = (LATENCY + GROUP + LAUNCH_BEATS) / ROW_CLOCKS;
    localparam ROWS = 1 << $clog2(at_least(32, ROW_MARGIN + 4 + ROWS_IN_FLIGHT));
    localparam ROWS_W = $clog2(ROWS + 1);
    localparam ROWS_LIMIT = ROWS - ROW_MARGIN;
    wire [BEATS_W-1:0] line_before_last;  // the beat before a line's last one
    wire line_one;  // a line is one beat
    wire line_sof;
    wire line_ends;
    wire line_known;
    wire row_done;
    reg [ROWS_W-1:0] rows_q;
    localparam [BEATS_W-1:0] B1 = 1;
    deconv_fifo #(
        .WIDTH(BEATS_W + 3),
        .DEPTH(ROWS)
    ) row_queue (
        .clk(clk),
        .rst(rst),
        .push(row),
        .in_data({row_sof, row_last, row_beats == 1, row_beats - B1 - B1}),
        .out_data({line_sof, line_ends, line_one, line_before_last}),
        .out_valid(line_known),
        .out_ready(row_done)
    );

    // Stage 1: a beat and its queue.
    reg write_q;
    reg [R_W-1:0] write_r_q;
    reg [BEAT_W-1:0] write_beat_q;
    generate
        if (GROUP == 2) begin : g_pair
            localparam HALF_W = BEAT_W / 2;
            reg [BEAT_W-1:0] first_q;  // the first pixel's phases, row 0 in the lower half
            reg [BEAT_W-1:0] second_row_q;
            reg late_q;
            wire [BEAT_W-1:0] second = in_pad ? {BEAT_W{1'b0}} : in_pixels;
            wire pair = in_valid && in_half;
            wire late = pair && !rst;
            wire write = late || late_q && !rst;
            always @(posedge clk) begin
                // Row 0 is written when the pair is complete, row 1 in the clock after.
                if (pair) begin
                    write_beat_q <= {second[0+:HALF_W], first_q[0+:HALF_W]};
                    second_row_q <= {second[HALF_W+:HALF_W], first_q[HALF_W+:HALF_W]};
                end else begin
                    if (in_valid) first_q <= in_pixels;
                    if (late_q) write_beat_q <= second_row_q;
                end
                write_q <= write;
                write_r_q <= late_q;
                late_q <= late;
            end
            wire unused = &{1'b0, in_t};
        end else begin : g_single
            wire [31:0] line = in_t * LANES / S;
            always @(posedge clk) begin
                write_q <= in_valid && !rst;
                write_r_q <= line[R_W-1:0];
                write_beat_q <= in_pixels;
            end
            wire unused = &{1'b0, in_half, in_pad, line[31:R_W]};
        end
    endgenerate

    // The queues.
    reg [R_W-1:0] r_q;  // line that is read
    reg [BEATS_W-1:0] beat_q;  // beat of the line that is read next
    reg first_q;  // it is the first one
    reg end_q;  // it is not, and is the last one
    wire [S-1:0] filled;
    wire [S-1:0] roomy;
    wire [S*ADDR_W-1:0] write_at;
    wire [S*ADDR_W-1:0] read_at;
    wire credit;
    wire read = line_known && filled[r_q] && credit;

    localparam [ADDR_W-1:0] ZERO = 0;
    localparam [ADDR_W-1:0] ONE = 1;
    genvar r;
    generate
        for (r = 0; r < S; r = r + 1) begin : g_queue
            localparam BASE = base(r);
            localparam END = base(r) + size(r) - 1;
            localparam LIMIT = size(r) - MARGIN;
            localparam [ADDR_W-1:0] FIRST = BASE[ADDR_W-1:0];
            localparam [ADDR_W-1:0] LAST = END[ADDR_W-1:0];
            localparam [ADDR_W-1:0] FULL = LIMIT[ADDR_W-1:0];
            localparam [ADDR_W-1:0] LAUNCHED = LAUNCH_BEATS[ADDR_W-1:0];
            reg [ADDR_W-1:0] wr_q;
            reg [ADDR_W-1:0] rd_q;
            reg [ADDR_W-1:0] stored_q;  // written and not read
            reg filled_q;  // stored_q is not zero
            reg [ADDR_W-1:0] launched_q;  // launched and not read
            reg rd_done_q;
            reg room_q;
            wire wr = write_q && write_r_q == r;
            wire rd = read && r_q == r;
            wire [ADDR_W-1:0] change = launch ? (rd_done_q ? LAUNCHED - ONE : LAUNCHED) :
                                       (rd_done_q ? ~ZERO : ZERO);
            assign filled[r] = filled_q;
            assign roomy[r] = room_q;
            assign write_at[r*ADDR_W+:ADDR_W] = wr_q;
            assign read_at[r*ADDR_W+:ADDR_W] = rd_q;
            always @(posedge clk) begin
                if (wr) wr_q <= wr_q == LAST ? FIRST : wr_q + 1'b1;
                if (rd) rd_q <= rd_q == LAST ? FIRST : rd_q + 1'b1;
                if (wr != rd) begin
                    stored_q <= wr ? stored_q + 1'b1 : stored_q - 1'b1;
                    filled_q <= wr || stored_q != ONE;
                end
                rd_done_q  <= rd;
                launched_q <= launched_q + change;
                room_q <= launched_q < FULL;
                if (rst) begin
                    wr_q <= FIRST;
                    rd_q <= FIRST;
                    stored_q <= 0;
                    filled_q <= 1'b0;
                    rd_done_q <= 1'b0;
                    launched_q <= 0;
                    room_q <= 1'b0;
                end
            end
        end
    endgenerate

    reg rows_room_q;
    reg all_room_q;
    assign room = all_room_q;
    always @(posedge clk) all_room_q <= &roomy && rows_room_q && !rst;

    // A beat is read a clock after it was written at the earliest, and its place is written again after
    // a launch that follows the reading: never both in one clock.
    reg ram_wr_q;
    reg [ADDR_W-1:0] ram_wr_addr_q;
    reg [BEAT_W-1:0] ram_wr_data_q;
    reg [ADDR_W-1:0] ram_rd_addr_q;
    wire [BEAT_W-1:0] ram_rd_data;
    always @(posedge clk) begin
        ram_wr_q <= write_q;
        ram_wr_addr_q <= write_at[write_r_q*ADDR_W+:ADDR_W];
        ram_wr_data_q <= write_beat_q;
        ram_rd_addr_q <= read_at[r_q*ADDR_W+:ADDR_W];
    end
    deconv_ram #(
        .WIDTH(BEAT_W),
        .DEPTH(QUEUES)
    ) memory (
        .clk(clk),
        .wr_en(ram_wr_q),
        .wr_addr(ram_wr_addr_q),
        .wr_data(ram_wr_data_q),
        .rd_addr(ram_rd_addr_q),
        .rd_data(ram_rd_data)
    );

    // The reader: line by line.
    wire line_end = first_q ? line_one : end_q;
    localparam LAST_LINE = S - 1;
    wire last_line = r_q == LAST_LINE[R_W-1:0];
    assign row_done = read && line_end && last_line;
    always @(posedge clk) begin
        if (read) begin
            beat_q <= line_end ? 0 : beat_q + 1'b1;
            first_q <= line_end;
            end_q <= beat_q == line_before_last;
            if (line_end) r_q <= last_line ? 0 : r_q + 1'b1;
        end
        if (row != row_done) rows_q <= row ? rows_q + 1'b1 : rows_q - 1'b1;
        rows_room_q <= rows_q < ROWS_LIMIT[ROWS_W-1:0];
        if (rst) begin
            beat_q <= 0;
            first_q <= 1'b1;
            r_q <= 0;
            rows_q <= 0;
            rows_room_q <= 1'b0;
        end
    end

    // Beats on their way to the output queue, and in it: the reader stops in time.
    localparam OUT_DEPTH = 16;
    reg [4:0] out_q;
    assign credit = out_q < OUT_DEPTH;
    wire out_taken = m_axis_tvalid && m_axis_tready;
    always @(posedge clk) begin
        if (read != out_taken) out_q <= read ? out_q + 1'b1 : out_q - 1'b1;
        if (rst) out_q <= 0;
    end

    wire arrive;
    wire arrive_sof;
    wire arrive_eol;
    wire arrive_end;
    deconv_delay #(
        .WIDTH(4),
        .DEPTH(3)
    ) read_delay (
        .clk(clk),
        .rst(rst),
        .d({
            read,
            line_sof && r_q == 0 && first_q,
            line_end,
            line_ends && last_line && line_end
        }),
        .q({arrive, arrive_sof, arrive_eol, arrive_end})
    );
    deconv_fifo #(
        .WIDTH(BEAT_W + 3),
        .DEPTH(OUT_DEPTH)
    ) out_queue (
        .clk(clk),
        .rst(rst),
        .push(arrive),
        .in_data({arrive_end, arrive_sof, arrive_eol, ram_rd_data}),
        .out_data({m_axis_end, m_axis_tuser, m_axis_tlast, m_axis_tdata}),
        .out_valid(m_axis_tvalid),
        .out_ready(m_axis_tready)
    );
endmodule

`default_nettype wire
