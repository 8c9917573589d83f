// SPDX-License-Identifier: MIT
// deconv_quantise: round and overflow, every ap_fixed mode.
//
//   rounded = floor(in / 2**SHIFT), plus one where the rounding mode Q says so
//   out     = rounded brought into the range of OUT_W bits by the overflow mode O
//
// Formats: in is an integer code of IN_W bits, out one of OUT_W bits, each signed or not; SHIFT is
// the number of fraction bits dropped (negative: added). Q and O carry the numbers of the ap_fixed
// headers: AP_RND 0, AP_RND_ZERO 1, AP_RND_MIN_INF 2, AP_RND_INF 3, AP_RND_CONV 4, AP_TRN 5,
// AP_TRN_ZERO 6; AP_SAT 0, AP_SAT_ZERO 1, AP_SAT_SYM 2, AP_WRAP 3.
//
//   stage 1   floor and the decision to round up
//   stage 2   floor + 1
//   stage 3   saturate or wrap
//
// Latency: 3 clocks. Throughput: one code a clock.
// Golden: deconv4k.quantise.quantise_code
`default_nettype none

module deconv_quantise #(
    parameter IN_W = 23,
    parameter IN_SIGNED = 1,
    parameter SHIFT = 8,
    parameter Q = 0,
    parameter O = 0,
    parameter OUT_W = 8,
    parameter OUT_SIGNED = 0
) (
    input wire clk,
    input wire [IN_W-1:0] in,
    output wire [OUT_W-1:0] out
);
    generate
        if (Q < 0 || Q > 6) begin : g_error_q
            ERROR_quantise_Q_must_be_0_to_6 error ();
        end
        if (O < 0 || O > 3) begin : g_error_o
            ERROR_quantise_O_must_be_0_to_3 error ();
        end
    endgenerate

    // Signed, and at least one bit wider than what is dropped, so that every slice below exists.
    localparam DROP = SHIFT > 0 ? SHIFT : 0;
    localparam ADD = SHIFT < 0 ? -SHIFT : 0;
    localparam X_W = (IN_W + 1 > DROP + 1 ? IN_W + 1 : DROP + 1) + ADD;
    localparam FLOOR_W = X_W - DROP + 1;

    // verilator lint_off UNUSEDSIGNAL
    wire signed [X_W-1:0] x;
    // verilator lint_on UNUSEDSIGNAL
    wire signed [FLOOR_W:0] scaled;  // rounded down; below it, whether that is one too low

    // What is signed repeats its sign where it becomes wider.
    // verilator lint_off WIDTHEXPAND
    generate
        if (ADD > 0) begin : g_add
            wire sign = IN_SIGNED != 0 && in[IN_W-1];
            assign x = {{X_W - IN_W - ADD{sign}}, in, {ADD{1'b0}}};
        end else if (IN_SIGNED != 0) begin : g_extend
            assign x = $signed(in);
        end else begin : g_unsigned
            assign x = $signed({1'b0, in});
        end

        if (DROP == 0) begin : g_exact
            assign scaled = {x[X_W-1], x, 1'b0};
        end else if (Q == 0) begin : g_half_up
            assign scaled = $signed(x[X_W-1:DROP-1]);
        end else begin : g_round
            wire sign = x[X_W-1];
            wire half = x[DROP-1];
            wire low;  // what lies below the half
            if (DROP > 1) begin : g_low
                assign low = |x[DROP-2:0];
            end else begin : g_no_low
                assign low = 1'b0;
            end
            wire tie_up = Q == 1 ? sign : Q == 2 ? 1'b0 : Q == 3 ? !sign : x[DROP];
            wire up = Q == 5 ? 1'b0 : Q == 6 ? sign && (half || low) : half && (low || tie_up);
            assign scaled = {x[X_W-1], x[X_W-1:DROP], up};
        end
    endgenerate
    // verilator lint_on WIDTHEXPAND

    // Wide enough to see every overflow: the bits above the target's range must repeat the sign.
    localparam V_W = FLOOR_W > OUT_W + 2 ? FLOOR_W : OUT_W + 2;
    localparam TOP = OUT_SIGNED != 0 ? OUT_W - 1 : OUT_W;
    localparam [OUT_W-1:0] ONE = 1;
    localparam [OUT_W-1:0] LOWEST = OUT_SIGNED != 0 ? ONE << (OUT_W - 1) : ~ONE & ONE;
    localparam [OUT_W-1:0] HIGH = ~LOWEST;
    localparam [OUT_W-1:0] LOW = OUT_SIGNED != 0 && O == 2 ? ~HIGH + ONE : LOWEST;

    reg signed [FLOOR_W:0] scaled_q;
    reg signed [V_W-1:0] v_q2;  // rounded
    reg [OUT_W-1:0] out_q3;
    wire over = !v_q2[V_W-1] && |v_q2[V_W-2:TOP];
    wire symmetric = OUT_SIGNED != 0 && O == 2 && v_q2[OUT_W-1:0] == LOWEST;
    wire under = v_q2[V_W-1] && (OUT_SIGNED == 0 || !(&v_q2[V_W-2:TOP]) || symmetric);

    assign out = out_q3;

    // verilator lint_off WIDTHTRUNC
    // verilator lint_off WIDTHEXPAND
    always @(posedge clk) begin
        scaled_q <= scaled;
        // Halves: one more half, then without them.
        v_q2 <= (scaled_q + 2'sd1) >>> 1;
        out_q3 <= v_q2[OUT_W-1:0];
        if (O != 3 && over) out_q3 <= O == 1 ? {OUT_W{1'b0}} : HIGH;
        if (O != 3 && under) out_q3 <= O == 1 ? {OUT_W{1'b0}} : LOW;
    end
    // verilator lint_on WIDTHEXPAND
    // verilator lint_on WIDTHTRUNC
endmodule

`default_nettype wire
