// SPDX-License-Identifier: MIT
// axis_checker: watches an AXI4-Stream Video bus and counts what breaks its rules.
//
// errors, 16 bits a rule, rule 0 the lowest; the first five are those of channel_checker:
//
//   0  DROPPED      tvalid fell before tready came
//   1  CHANGED      tdata, tuser or tlast changed before tready came
//   2  UNKNOWN      tvalid or tready is X
//   3  PAYLOAD      tdata, tuser or tlast is X while tvalid is high
//   4  IN_RESET     tvalid is high at an edge before which there was reset
//   5  OUTSIDE      a beat where a frame must start, after reset or after a frame, is no SOF
//   6  SOF_INSIDE   SOF before the frame has all its beats
//   7  EOL_EARLY    EOL before the last beat of a line
//   8  EOL_MISSING  no EOL on the last beat of a line
//
// line_beats and frame_lines are the size of the frame that starts, taken with its SOF beat; a frame
// of size 0 is OUTSIDE. The last four rules are asleep while `framing` is low. A beat in the wrong
// place does not move the frame: what follows is judged by the count of beats.
// beats counts handshakes, so that a test can tell that something was watched.
`default_nettype none

module axis_checker #(
    parameter DATA_W = 8
) (
    input wire clk,
    input wire rst,
    input wire framing,
    input wire [15:0] line_beats,
    input wire [15:0] frame_lines,
    input wire [DATA_W-1:0] tdata,
    input wire tuser,
    input wire tlast,
    input wire tvalid,
    input wire tready,
    output wire [16*9-1:0] errors,
    output reg [31:0] beats
);
    wire [8:0] events;
    channel_checker #(
        .WIDTH(DATA_W + 2)
    ) channel (
        .clk(clk),
        .rst(rst),
        .valid(tvalid),
        .ready(tready),
        .payload({tuser, tlast, tdata}),
        .events(events[4:0])
    );

    reg armed_q;
    reg inside_q;  // beats of a frame are missing
    reg [15:0] line_beats_q;
    reg [15:0] columns_q;  // beats missing in its line
    reg last_q;  // only one
    reg [15:0] lines_q;  // lines missing in it
    initial begin
        armed_q = 1'b0;
        inside_q = 1'b0;
        beats = 32'd0;
    end

    wire beat = armed_q && !rst && tvalid === 1'b1 && tready === 1'b1;
    wire empty = line_beats == 0 || frame_lines == 0;
    wire start = beat && !inside_q && tuser === 1'b1 && !empty;
    wire in_frame = start || beat && inside_q;
    wire [15:0] width = inside_q ? line_beats_q : line_beats;
    wire [15:0] lines = inside_q ? lines_q : frame_lines;
    wire last = inside_q ? last_q : line_beats == 1;
    assign events[5] = framing && beat && !in_frame;
    assign events[6] = framing && beat && inside_q && tuser === 1'b1;
    assign events[7] = framing && in_frame && tlast === 1'b1 && !last;
    assign events[8] = framing && in_frame && tlast === 1'b0 && last;

    always @(posedge clk) begin
        if (beat) beats <= beats + 1'b1;
        if (in_frame) begin
            if (start || last) begin
                line_beats_q <= width;
                columns_q <= last ? width : width - 1'b1;
                last_q <= last ? width == 1 : width == 2;
                lines_q <= last ? lines - 1'b1 : lines;
                inside_q <= !(last && lines == 1);
            end else begin
                columns_q <= columns_q - 1'b1;
                last_q <= columns_q == 2;
            end
        end
        if (rst === 1'b1) begin
            armed_q  <= 1'b1;
            inside_q <= 1'b0;
        end
    end

    tally #(
        .EVENTS(9)
    ) tally (
        .clk(clk),
        .events(events),
        .counts(errors)
    );
endmodule

`default_nettype wire
