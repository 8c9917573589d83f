// SPDX-License-Identifier: MIT
// deconv_multiply: the exact product of two codes.
//
//   p = a * b
//
// Formats: the codes have A_W and B_W bits, signed (two's complement) or not. a and b are signed: an
// unsigned code comes with a zero in front. p is signed: A_W + B_W bits, and one more where neither
// code is signed, hold every product; more only repeat the sign, fewer wrap.
//
// a and b come from registers (deconv_operand); with them and p a synthesiser fills the registers
// of one DSP block.
//
// Latency: 1 clock. Throughput: a product a clock.
// Golden: deconv4k.golden.reference.products
`default_nettype none

module deconv_multiply #(
    parameter A_W = 8,
    parameter A_SIGNED = 0,
    parameter B_W = 10,
    parameter B_SIGNED = 1,
    parameter P_W = A_W + B_W + (A_SIGNED == 0 && B_SIGNED == 0 ? 1 : 0),
    // derived
    parameter A_BITS = A_W + (A_SIGNED != 0 ? 0 : 1),
    parameter B_BITS = B_W + (B_SIGNED != 0 ? 0 : 1)
) (
    input wire clk,
    input wire signed [A_BITS-1:0] a,
    input wire signed [B_BITS-1:0] b,
    output reg signed [P_W-1:0] p
);
    // A narrow p wraps, as said above.
    // verilator lint_off WIDTHTRUNC
    always @(posedge clk) p <= a * b;
    // verilator lint_on WIDTHTRUNC
endmodule

`default_nettype wire
