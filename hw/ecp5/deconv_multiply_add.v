// SPDX-License-Identifier: MIT
// deconv_multiply_add: the sum of up to four exact products, in as many DSP blocks of ECP5.
//
// Formats and latency: as the portable deconv_multiply_add between its registers, with those of
// deconv_operand, which is a wire here: 5 clocks. Throughput: a sum a clock. Golden:
// deconv4k.golden, pixel times weight
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
    output wire signed [SUM_W-1:0] sum
);
    localparam EXACT_W = A_W + B_W + (A_SIGNED == 0 && B_SIGNED == 0 ? 1 : 0);
    localparam P_W = EXACT_W < SUM_W ? EXACT_W : SUM_W;

    wire [4*A_BITS-1:0] a = {a3, a2, a1, a0};
    wire [4*B_BITS-1:0] b = {b3, b2, b1, b0};
    wire signed [4*P_W-1:0] products;
    genvar i;
    generate
        for (i = 0; i < 4; i = i + 1) begin : g_term
            if (i < TERMS) begin : g_product
                deconv_multiply #(
                    .A_W(A_W),
                    .A_SIGNED(A_SIGNED),
                    .B_W(B_W),
                    .B_SIGNED(B_SIGNED),
                    .P_W(P_W)
                ) multiply (
                    .clk(clk),
                    .a(a[i*A_BITS+:A_BITS]),
                    .b(b[i*B_BITS+:B_BITS]),
                    .p(products[i*P_W+:P_W])
                );
            end else begin : g_none
                assign products[i*P_W+:P_W] = {P_W{1'b0}};
                wire unused = &{1'b0, a[i*A_BITS+:A_BITS], b[i*B_BITS+:B_BITS]};
            end
        end
    endgenerate

    deconv_add4 #(
        .TERMS(TERMS),
        .IN_W(P_W),
        .OUT_W(SUM_W)
    ) add (
        .clk(clk),
        .a(products[0+:P_W]),
        .b(products[P_W+:P_W]),
        .c(products[2*P_W+:P_W]),
        .d(products[3*P_W+:P_W]),
        .sum(sum)
    );
endmodule

`default_nettype wire
