// SPDX-License-Identifier: MIT
// deconv_multiply_add: the sum of up to four exact products.
//
//   sum = a0 * b0 + a1 * b1 + a2 * b2 + a3 * b3        (the first TERMS of them)
//
// Formats: factors and products as in deconv_multiply. Two bits more than a product's hold every
// sum; more only repeat the sign, fewer wrap.
//
// It is deconv_multiply four times and deconv_add4, with the same registers, in one block:
// simulators pay for every block. The factors come from registers (deconv_operand); with them and
// the products' a synthesiser fills the registers of a DSP block.
//
// Latency: 3 clocks. Throughput: a sum a clock.
// Golden: deconv4k.golden.reference.products
`default_nettype none

module deconv_multiply_add #(
    parameter TERMS = 4,
    parameter A_W = 8,
    parameter A_SIGNED = 0,
    parameter B_W = 10,
    parameter B_SIGNED = 1,
    parameter SUM_W = 20,
    // derived
    parameter A_BITS = A_W + (A_SIGNED != 0 ? 0 : 1),
    parameter B_BITS = B_W + (B_SIGNED != 0 ? 0 : 1)
) (
    input wire clk,
    input wire signed [A_BITS-1:0] a0,
    input wire signed [A_BITS-1:0] a1,
    input wire signed [A_BITS-1:0] a2,
    input wire signed [A_BITS-1:0] a3,
    input wire signed [B_BITS-1:0] b0,
    input wire signed [B_BITS-1:0] b1,
    input wire signed [B_BITS-1:0] b2,
    input wire signed [B_BITS-1:0] b3,
    output reg signed [SUM_W-1:0] sum
);
    localparam EXACT_W = A_W + B_W + (A_SIGNED == 0 && B_SIGNED == 0 ? 1 : 0);
    localparam P_W = EXACT_W < SUM_W ? EXACT_W : SUM_W;
    localparam HALF_W = P_W + 1 < SUM_W ? P_W + 1 : SUM_W;

    // verilator lint_off UNDRIVEN
    reg signed [P_W-1:0] p0_q;
    reg signed [P_W-1:0] p1_q;
    reg signed [P_W-1:0] p2_q;
    reg signed [P_W-1:0] p3_q;
    reg signed [HALF_W-1:0] low_q;
    reg signed [HALF_W-1:0] high_q;
    // verilator lint_on UNDRIVEN

    // All is signed: a wider register repeats the sign, a narrower one wraps, as said above.
    // verilator lint_off WIDTHTRUNC
    // verilator lint_off WIDTHEXPAND
    generate
        if (TERMS > 3) begin : g_four
            always @(posedge clk) begin
                p0_q <= a0 * b0;
                p1_q <= a1 * b1;
                p2_q <= a2 * b2;
                p3_q <= a3 * b3;
                low_q <= p0_q + p1_q;
                high_q <= p2_q + p3_q;
                sum <= low_q + high_q;
            end
        end else if (TERMS > 2) begin : g_three
            always @(posedge clk) begin
                p0_q <= a0 * b0;
                p1_q <= a1 * b1;
                p2_q <= a2 * b2;
                low_q <= p0_q + p1_q;
                high_q <= p2_q;
                sum <= low_q + high_q;
            end
            wire unused = &{1'b0, a3, b3, p3_q};
        end else if (TERMS > 1) begin : g_two
            always @(posedge clk) begin
                p0_q  <= a0 * b0;
                p1_q  <= a1 * b1;
                low_q <= p0_q + p1_q;
                sum   <= low_q;
            end
            wire unused = &{1'b0, a2, b2, a3, b3, p2_q, p3_q, high_q};
        end else begin : g_one
            always @(posedge clk) begin
                p0_q  <= a0 * b0;
                low_q <= p0_q;
                sum   <= low_q;
            end
            wire unused = &{1'b0, a1, b1, a2, b2, a3, b3, p1_q, p2_q, p3_q, high_q};
        end
    endgenerate
    // verilator lint_on WIDTHEXPAND
    // verilator lint_on WIDTHTRUNC
endmodule

`default_nettype wire
