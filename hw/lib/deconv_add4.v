// SPDX-License-Identifier: MIT
// deconv_add4: the sum of up to four terms, in two levels of adders with registers.
//
//   sum = a + b + c + d        (the first TERMS of them)
//
// Formats: signed; IN_W bits in, OUT_W out: IN_W + 2 hold every sum, more only repeat the sign,
// fewer wrap.
//
// Latency: 2 clocks. Throughput: a sum a clock.
// Golden: deconv4k.golden.reference.sums, in another order: modulo 2**OUT_W that is the same
`default_nettype none

module deconv_add4 #(
    parameter TERMS = 4,
    parameter IN_W = 20,
    parameter OUT_W = IN_W + 2
) (
    input wire clk,
    input wire signed [IN_W-1:0] a,
    input wire signed [IN_W-1:0] b,
    input wire signed [IN_W-1:0] c,
    input wire signed [IN_W-1:0] d,
    output reg signed [OUT_W-1:0] sum
);
    localparam HALF_W = IN_W + 1 < OUT_W ? IN_W + 1 : OUT_W;
    // verilator lint_off UNDRIVEN
    reg signed [HALF_W-1:0] low_q;
    reg signed [HALF_W-1:0] high_q;
    // verilator lint_on UNDRIVEN

    // All is signed: a wider register repeats the sign, a narrower one wraps, as said above.
    // verilator lint_off WIDTHTRUNC
    // verilator lint_off WIDTHEXPAND
    generate
        if (TERMS > 3) begin : g_four
            always @(posedge clk) begin
                low_q <= a + b;
                high_q <= c + d;
                sum <= low_q + high_q;
            end
        end else if (TERMS > 2) begin : g_three
            always @(posedge clk) begin
                low_q <= a + b;
                high_q <= c;
                sum <= low_q + high_q;
            end
            wire unused = &{1'b0, d};
        end else if (TERMS > 1) begin : g_two
            always @(posedge clk) begin
                low_q <= a + b;
                sum   <= low_q;
            end
            wire unused = &{1'b0, c, d, high_q};
        end else begin : g_one
            always @(posedge clk) begin
                low_q <= a;
                sum   <= low_q;
            end
            wire unused = &{1'b0, b, c, d, high_q};
        end
    endgenerate
    // verilator lint_on WIDTHEXPAND
    // verilator lint_on WIDTHTRUNC
endmodule

`default_nettype wire
