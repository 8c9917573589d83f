// SPDX-License-Identifier: MIT
// deconv_operand: the registers in front of a multiplier's input, two as in most DSP blocks.
//
// They stand apart from deconv_multiply so that a target whose DSP blocks hold such registers can
// take both files from its own folder: there the wire ends in the block's register.
//
// Latency: 2 clocks. Throughput: a word a clock.
`default_nettype none

module deconv_operand #(
    parameter WIDTH = 8
) (
    input wire clk,
    input wire [WIDTH-1:0] d,
    output reg [WIDTH-1:0] q
);
    reg [WIDTH-1:0] d_q;
    always @(posedge clk) begin
        d_q <= d;
        q   <= d_q;
    end
endmodule

`default_nettype wire
