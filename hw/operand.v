// operand: the register in front of a multiplier's input.
//
// It stands apart from `multiply` so that a target whose DSP blocks hold these registers can take
// both files from its own folder: there the wire ends in the block's register.
//
// Latency: 1 clock. Throughput: a word a clock.
`default_nettype none

module operand #(
    parameter WIDTH = 8
) (
    input wire clk,
    input wire [WIDTH-1:0] d,
    output reg [WIDTH-1:0] q
);
    always @(posedge clk) q <= d;
endmodule

`default_nettype wire
