// SPDX-License-Identifier: MIT
// raster_all: deconv_raster with the protocol checker on its output, and one of its queues.
//
// The test itself knows where SOF and EOL belong, so the checker's rules of framing sleep.
//
// overflows, sticky: bit 0, a queue has more beats launched and not read than it can hold; bit 1, more
// written than launched; bit 2, a beat read that was not written; bit 3, more rows than can wait.
`default_nettype none

module raster_all #(
    parameter S = 2,
    parameter LANES = 4,
    parameter GROUP = 2,
    parameter OUT_W = 8,
    parameter MAX_BEATS = 960,
    parameter LATENCY = 18,
    parameter BEATS_W = 10,
    parameter CLOCKS = S * S / LANES,
    parameter T_W = CLOCKS > 1 ? $clog2(CLOCKS) : 1
) (
    input wire clk,
    input wire rst,
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
    output wire m_axis_end,
    output wire m_axis_tvalid,
    input wire m_axis_tready,
    output wire [16*9-1:0] errors,
    output wire [31:0] beats,
    output reg [3:0] overflows
);
    deconv_raster #(
        .S(S),
        .LANES(LANES),
        .GROUP(GROUP),
        .OUT_W(OUT_W),
        .MAX_BEATS(MAX_BEATS),
        .LATENCY(LATENCY),
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
        .in_valid(in_valid),
        .in_t(in_t),
        .in_half(in_half),
        .in_pad(in_pad),
        .in_pixels(in_pixels),
        .m_axis_tdata(m_axis_tdata),
        .m_axis_tuser(m_axis_tuser),
        .m_axis_tlast(m_axis_tlast),
        .m_axis_end(m_axis_end),
        .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready)
    );

    // Its own counts, in the clock in which things happen.
    localparam LAUNCH_BEATS = LANES < S ? S / LANES : 1;
    wire [S-1:0] over;
    wire [S-1:0] early;
    wire [S-1:0] empty;
    genvar r;
    generate
        for (r = 0; r < S; r = r + 1) begin : g_queue
            reg [31:0] launched;
            reg [31:0] written;
            wire write = raster.write_q && raster.write_r_q == r;
            wire read = raster.read && raster.r_q == r;
            wire [31:0] launched_now = launched + (launch ? LAUNCH_BEATS : 0);
            assign over[r] =
                launched_now > raster.g_queue[r].END - raster.g_queue[r].BASE + 1;
            assign early[r] = write && written >= launched_now;
            assign empty[r] = read && written == 0;
            always @(posedge clk) begin
                launched <= launched_now - (read ? 1 : 0);
                written <= written + (write ? 1 : 0) - (read ? 1 : 0);
                if (rst) begin
                    launched <= 0;
                    written <= 0;
                end
            end
        end
    endgenerate
    reg [31:0] rows;
    always @(posedge clk) begin
        rows <= rows + (row ? 1 : 0) - (raster.row_done ? 1 : 0);
        overflows <= overflows | {rows > raster.ROWS, |empty, |early, |over};
        if (rst) begin
            rows <= 0;
            overflows <= 0;
        end
    end

    axis_checker #(
        .DATA_W(LANES * OUT_W)
    ) m_checker (
        .clk(clk),
        .rst(rst),
        .framing(1'b0),
        .line_beats(16'd0),
        .frame_lines(16'd0),
        .tdata(m_axis_tdata),
        .tuser(m_axis_tuser),
        .tlast(m_axis_tlast),
        .tvalid(m_axis_tvalid),
        .tready(m_axis_tready),
        .errors(errors),
        .beats(beats)
    );
endmodule

`default_nettype wire
