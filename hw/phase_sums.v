// phase_sums: the polyphase multiply-add, LANES phases a clock.
//
//   sum(r, s) = bias + sum over dy, dx, c of
//               window[dy, dx, c] * kernel[c, r + P - S*dy, s + P - S*dx]
//   (terms whose kernel index lies outside 0 .. K-1 are absent: no multiply meets an inserted zero)
//
// In clock t = 0 .. S*S/LANES - 1 of one window, lane n computes phase number t * LANES + n = r*S + s.
// A lane has a multiplier for each pixel that any of its phases uses, and picks the weight by t.
//
// Formats: pixels PIXEL_W bits, weights WEIGHT_W bits, signed or not; products exact, or (PRODUCT_W
// above 0) quantised to PRODUCT_W bits by PRODUCT_SHIFT, _Q and _O; sums wrap modulo 2**ACC_W.
// kernel holds the weights in PyTorch's order (c, ky, kx), the first in the least significant bits,
// and must not change while windows of one frame are in the engine.
//
//   stage 1, 2   multiply
//   stage 3..5   quantise the products (only with a product format)
//   then         adder tree, a level a clock
//
// Latency: 2 + (PRODUCT_W > 0 ? 3 : 0) + ceil(log2(most terms of a lane)) clocks.
// Throughput: LANES sums a clock.
// Golden: deconv4k.golden.phase_sums
`default_nettype none

module phase_sums #(
    parameter K = 9,
    parameter S = 2,
    parameter P = 4,
    parameter C_IN = 1,
    parameter LANES = 4,
    parameter AHEAD = 2,
    parameter BEHIND = 2,
    parameter PIXEL_W = 8,
    parameter PIXEL_SIGNED = 0,
    parameter WEIGHT_W = 10,
    parameter WEIGHT_SIGNED = 1,
    parameter BIAS_W = 0,
    parameter BIAS_SIGNED = 1,
    parameter PRODUCT_W = 0,
    parameter PRODUCT_SIGNED = 1,
    parameter PRODUCT_SHIFT = 0,
    parameter PRODUCT_Q = 5,
    parameter PRODUCT_O = 3,
    parameter ACC_W = 23,
    parameter TAG_W = 3,
    parameter SIDE = AHEAD + BEHIND + 1,
    parameter CLOCKS = S * S / LANES,
    parameter T_W = CLOCKS > 1 ? $clog2(CLOCKS) : 1,
    parameter BIAS_BITS = BIAS_W > 0 ? BIAS_W : 1
) (
    input wire clk,
    input wire rst,
    input wire [T_W-1:0] t,
    input wire [SIDE*SIDE*C_IN*PIXEL_W-1:0] window,
    input wire [C_IN*K*K*WEIGHT_W-1:0] kernel,
    input wire [BIAS_BITS-1:0] bias,
    input wire [TAG_W-1:0] tag,
    output wire [LANES*ACC_W-1:0] sums,
    output wire [TAG_W-1:0] out_tag  // `tag`, in step with the sums
);
    localparam EXACT_W = PIXEL_W + WEIGHT_W + (PIXEL_SIGNED == 0 && WEIGHT_SIGNED == 0 ? 1 : 0);
    localparam TERM_W = PRODUCT_W > 0 ? PRODUCT_W + (PRODUCT_SIGNED != 0 ? 0 : 1) : EXACT_W;
    localparam BIAS_TERM_W = BIAS_W + (BIAS_SIGNED != 0 ? 0 : 1);
    // The tree's terms are of one width: the wider of product and bias.
    localparam LEAF_W = BIAS_W > 0 && BIAS_TERM_W > TERM_W ? BIAS_TERM_W : TERM_W;

    // Kernel row (column) of phase r for the pixel at offset dy; outside 0 .. K-1: none.
    function integer tap(input integer r, input integer dy);
        tap = r + P - S * dy;
    endfunction

    function integer is_tap(input integer r, input integer dy);
        is_tap = tap(r, dy) >= 0 && tap(r, dy) < K ? 1 : 0;
    endfunction

    // Whether lane n ever uses the window pixel number i = (dx + BEHIND) * SIDE + AHEAD - dy.
    function integer is_used(input integer n, input integer i);
        integer clock;
        integer phase;
        begin
            is_used = 0;
            for (clock = 0; clock < CLOCKS; clock = clock + 1) begin
                phase = clock * LANES + n;
                if (is_tap(phase / S, AHEAD - i % SIDE) != 0
                    && is_tap(phase % S, i / SIDE - BEHIND) != 0) is_used = 1;
            end
        end
    endfunction

    // Multipliers of lane n before window pixel i, for one channel.
    function integer rank(input integer n, input integer i);
        integer j;
        begin
            rank = 0;
            for (j = 0; j < i; j = j + 1) rank = rank + is_used(n, j);
        end
    endfunction

    function integer terms(input integer n);
        terms = C_IN * rank(n, SIDE * SIDE) + (BIAS_W > 0 ? 1 : 0);
    endfunction

    function integer most_terms(input integer unused_argument);
        integer n;
        begin
            most_terms = 1 + 0 * unused_argument;
            for (n = 0; n < LANES; n = n + 1) if (terms(n) > most_terms) most_terms = terms(n);
        end
    endfunction

    localparam LEVELS = $clog2(most_terms(0));

    delay #(
        .WIDTH(TAG_W),
        .DEPTH(2 + (PRODUCT_W > 0 ? 3 : 0) + LEVELS)
    ) tag_delay (
        .clk(clk),
        .rst(rst),
        .d(tag),
        .q(out_tag)
    );

    genvar n, i, c, clock;
    generate
        for (n = 0; n < LANES; n = n + 1) begin : g_lane
            localparam COUNT = rank(n, SIDE * SIDE);
            localparam TERMS = terms(n);
            if (TERMS == 0) begin : g_empty
                // A phase without taps (K < S): its outputs are zero.
                assign sums[n*ACC_W+:ACC_W] = {ACC_W{1'b0}};
            end else begin : g_sum
                reg [TERMS*LEAF_W-1:0] term;
                for (i = 0; i < SIDE * SIDE; i = i + 1) begin : g_pixel
                    if (is_used(n, i) != 0) begin : g_used
                        for (c = 0; c < C_IN; c = c + 1) begin : g_channel
                            localparam SLOT = rank(n, i) * C_IN + c;
                            // The weight of this pixel in each clock; none is zero.
                            wire [CLOCKS*WEIGHT_W-1:0] weights;
                            for (clock = 0; clock < CLOCKS; clock = clock + 1) begin : g_weight
                                localparam R = (clock * LANES + n) / S;
                                localparam Z = (clock * LANES + n) % S;
                                localparam DY = AHEAD - i % SIDE;
                                localparam DX = i / SIDE - BEHIND;
                                if (is_tap(R, DY) != 0 && is_tap(Z, DX) != 0) begin : g_tap
                                    localparam AT = (c * K + tap(R, DY)) * K + tap(Z, DX);
                                    assign weights[clock*WEIGHT_W+:WEIGHT_W] =
                                        kernel[AT*WEIGHT_W+:WEIGHT_W];
                                end else begin : g_none
                                    assign weights[clock*WEIGHT_W+:WEIGHT_W] = {WEIGHT_W{1'b0}};
                                end
                            end
                            wire [WEIGHT_W-1:0] weight;
                            if (CLOCKS == 1) begin : g_fixed
                                assign weight = weights;
                            end else begin : g_pick
                                assign weight = weights[t*WEIGHT_W+:WEIGHT_W];
                            end

                            wire [EXACT_W-1:0] exact;
                            multiply #(
                                .A_W(PIXEL_W),
                                .A_SIGNED(PIXEL_SIGNED),
                                .B_W(WEIGHT_W),
                                .B_SIGNED(WEIGHT_SIGNED)
                            ) product (
                                .clk(clk),
                                .a(window[(i*C_IN+c)*PIXEL_W+:PIXEL_W]),
                                .b(weight),
                                .p(exact)
                            );
                            wire [TERM_W-1:0] value;
                            if (PRODUCT_W > 0) begin : g_quantise
                                wire [PRODUCT_W-1:0] rounded;
                                quantise #(
                                    .IN_W(EXACT_W),
                                    .IN_SIGNED(1),
                                    .SHIFT(PRODUCT_SHIFT),
                                    .Q(PRODUCT_Q),
                                    .O(PRODUCT_O),
                                    .OUT_W(PRODUCT_W),
                                    .OUT_SIGNED(PRODUCT_SIGNED)
                                ) round (
                                    .clk(clk),
                                    .in(exact),
                                    .out(rounded)
                                );
                                if (PRODUCT_SIGNED != 0) begin : g_signed
                                    assign value = rounded;
                                end else begin : g_unsigned
                                    assign value = {1'b0, rounded};
                                end
                            end else begin : g_exact
                                assign value = exact;
                            end
                            if (LEAF_W > TERM_W) begin : g_widen
                                always @* begin
                                    term[SLOT*LEAF_W+:LEAF_W] =
                                        {{LEAF_W - TERM_W{value[TERM_W-1]}}, value};
                                end
                            end else begin : g_same
                                always @* term[SLOT*LEAF_W+:LEAF_W] = value;
                            end
                        end
                    end
                end
                if (BIAS_W > 0) begin : g_bias
                    // Constant over a frame: it needs no pipeline of its own.
                    wire sign = BIAS_SIGNED != 0 && bias[BIAS_BITS-1];
                    wire [LEAF_W+BIAS_BITS-1:0] wide = {{LEAF_W{sign}}, bias};
                    always @* term[COUNT*C_IN*LEAF_W+:LEAF_W] = wide[LEAF_W-1:0];
                    wire unused = &{1'b0, wide[LEAF_W+BIAS_BITS-1:LEAF_W]};
                end

                // Every lane takes as long as the one with the most terms.
                wire [ACC_W-1:0] early;
                adder_tree #(
                    .N(TERMS),
                    .IN_W(LEAF_W),
                    .OUT_W(ACC_W)
                ) tree (
                    .clk(clk),
                    .in(term),
                    .sum(early)
                );
                delay #(
                    .WIDTH(ACC_W),
                    .DEPTH(LEVELS - $clog2(TERMS))
                ) even (
                    .clk(clk),
                    .rst(1'b0),
                    .d(early),
                    .q(sums[n*ACC_W+:ACC_W])
                );
            end
        end
        if (CLOCKS == 1) begin : g_no_pick
            wire unused = &{1'b0, t};
        end
        if (BIAS_W == 0) begin : g_no_bias
            wire unused = &{1'b0, bias};
        end
    endgenerate
endmodule

`default_nettype wire
