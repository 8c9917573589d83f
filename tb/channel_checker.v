// SPDX-License-Identifier: MIT
// channel_checker: the rules of one channel with valid and ready, as AMBA AXI has them.
//
// events, high for one clock each, at the clock edge at which the rule is broken:
//
//   0  DROPPED   valid fell before ready came
//   1  CHANGED   the payload changed before ready came
//   2  UNKNOWN   valid or ready is X
//   3  PAYLOAD   the payload is X while valid is high
//   4  IN_RESET  valid is high at an edge before which there was reset
//
// Nothing is looked at before the second clock of the first reset: a simulator that starts with random
// values may see an edge of them. X exists in Icarus only.
// It drives nothing and knows nothing of what the payload means.
`default_nettype none

module channel_checker #(
    parameter WIDTH = 8
) (
    input wire clk,
    input wire rst,
    input wire valid,
    input wire ready,
    input wire [WIDTH-1:0] payload,
    output wire [4:0] events
);
    reg armed_q;
    reg reset_q;
    reg held_q;
    reg [WIDTH-1:0] payload_q;
    initial begin
        armed_q = 1'b0;
        reset_q = 1'b0;
        held_q  = 1'b0;
    end

    wire run = armed_q && !rst;
    wire held = run && valid === 1'b1 && ready === 1'b0;
    assign events[0] = run && held_q && valid === 1'b0;
    assign events[1] = run && held_q && valid === 1'b1 && payload !== payload_q;
    assign events[2] = armed_q && (^{valid, ready}) === 1'bx;
    assign events[3] = run && valid === 1'b1 && (^payload) === 1'bx;
    assign events[4] = reset_q && valid === 1'b1;

    // Simulators pass this by while nothing is held or reset.
    wire busy = rst === 1'b1 || reset_q || held || held_q;
    always @(posedge clk) begin
        if (busy) begin
            if (rst === 1'b1) armed_q <= 1'b1;
            reset_q <= armed_q && rst === 1'b1;
            held_q <= held;
            payload_q <= payload;
        end
    end
endmodule

`default_nettype wire
