// SPDX-License-Identifier: MIT
// deconv_operand: ECP5's place for the register in front of a multiplier's input: a wire.
//
// The register is the input register of the DSP block in ecp5/deconv_multiply.v; the two files go
// together.
//
// Latency: 0 here and 2 in deconv_multiply, as many as the portable pair takes.
`default_nettype none

module deconv_operand #(
    parameter WIDTH = 8
) (
    input wire clk,
    input wire [WIDTH-1:0] d,
    output wire [WIDTH-1:0] q
);
    assign q = d;
    wire unused = &{1'b0, clk};
endmodule

`default_nettype wire
