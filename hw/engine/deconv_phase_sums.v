// SPDX-License-Identifier: MIT
// deconv_phase_sums: the polyphase multiply-add, LANES phases a clock.
//
//   sum(r, s) = bias + sum over dy, dx, c of
//               window[dy, dx, c] * kernel[c, r + P - S*dy, s + P - S*dx]
//   (terms whose kernel index lies outside 0 .. K-1 are absent: no multiply meets an inserted zero)
//
// In clock t = 0 .. S*S/LANES - 1 of one window, lane n computes phase number t * LANES + n = r*S + s.
// A lane has a multiplier for each pixel that any of its phases uses, and picks the weight by t.
//
// Formats: pixels PIXEL_W bits, weights WEIGHT_W bits, signed or not; in the window an unsigned pixel
// has a zero in front, as every multiplier wants its factors; products exact, or (PRODUCT_W
// above 0) quantised to PRODUCT_W bits by PRODUCT_SHIFT, _Q and _O; sums wrap modulo 2**ACC_W.
// kernel holds the weights in PyTorch's order (c, ky, kx), the first in the least significant bits,
// and, as bias, belongs to the window of the clock before: one register can so enable its many.
//
//   stage 1      the window: a pixel has up to S*S multipliers, which lie wide apart
//   stage 2, 3   deconv_operand: the window, and the weights of clock t
//   stage 4..6   deconv_multiply_add: four products and their sum; with a product format
//                deconv_multiply, deconv_quantise (three clocks more) and deconv_add4
//   then         deconv_add4: four of these sums at a time, and the bias among them, two clocks for
//                each level
//
// Latency: 6 + (PRODUCT_W > 0 ? 3 : 0) + 2 * LEVELS clocks.
// Throughput: LANES sums a clock.
// Golden: deconv4k.golden.reference.products and sums
`default_nettype none

module deconv_phase_sums #(
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
    parameter TAG_W = 4,
    // derived
    parameter SIDE = AHEAD + BEHIND + 1,
    parameter FACTOR_W = PIXEL_W + (PIXEL_SIGNED != 0 ? 0 : 1),
    parameter CLOCKS = S * S / LANES,
    parameter T_W = CLOCKS > 1 ? $clog2(CLOCKS) : 1,
    parameter BIAS_BITS = BIAS_W > 0 ? BIAS_W : 1
) (
    input wire clk,
    input wire rst,
    input wire [T_W-1:0] t,
    input wire [SIDE*SIDE*C_IN*FACTOR_W-1:0] window,
    input wire [C_IN*K*K*WEIGHT_W-1:0] kernel,
    input wire [BIAS_BITS-1:0] bias,
    input wire [TAG_W-1:0] tag,
    output wire [LANES*ACC_W-1:0] sums,
    output wire [TAG_W-1:0] out_tag  // `tag`, in step with the sums
);
    localparam EXACT_W = PIXEL_W + WEIGHT_W + (PIXEL_SIGNED == 0 && WEIGHT_SIGNED == 0 ? 1 : 0);
    localparam TERM_W = PRODUCT_W > 0 ? PRODUCT_W + (PRODUCT_SIGNED != 0 ? 0 : 1) : EXACT_W;
    localparam BIAS_TERM_W = BIAS_W + (BIAS_SIGNED != 0 ? 0 : 1);
    // The tree's leaves, sums of four products or the bias, are of one width: the wider of the two.
    localparam NEEDED_W = BIAS_W > 0 && BIAS_TERM_W > TERM_W + 2 ? BIAS_TERM_W : TERM_W + 2;
    localparam LEAF_W = NEEDED_W < ACC_W ? NEEDED_W : ACC_W;
    localparam PIXELS = SIDE * SIDE;
    localparam TAP_W = WEIGHT_W + (WEIGHT_SIGNED != 0 ? 0 : 1);

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

    // Window pixels that lane n uses, and the number of the k-th of them.
    function integer used(input integer n);
        integer i;
        begin
            used = 0;
            for (i = 0; i < PIXELS; i = i + 1) used = used + is_used(n, i);
        end
    endfunction

    function integer pixel(input integer n, input integer k);
        integer i;
        integer count;
        begin
            pixel = 0;
            count = 0;
            for (i = 0; i < PIXELS; i = i + 1) begin
                if (is_used(n, i) != 0) begin
                    if (count == k) pixel = i;
                    count = count + 1;
                end
            end
        end
    endfunction

    // Leaves of lane n's tree, how many are left above `level` levels, and the bits that they need.
    function integer leaves(input integer n);
        leaves = (C_IN * used(n) + 3) / 4 + (BIAS_W > 0 ? 1 : 0);
    endfunction

    function integer left(input integer n, input integer level);
        left = (leaves(n) + (1 << 2 * level) - 1) >> 2 * level;
    endfunction

    function integer sum_w(input integer level);
        sum_w = LEAF_W + 2 * level < ACC_W ? LEAF_W + 2 * level : ACC_W;
    endfunction

    function integer most_leaves(input integer unused_argument);
        integer n;
        begin
            most_leaves = 1 + 0 * unused_argument;
            for (n = 0; n < LANES; n = n + 1) if (leaves(n) > most_leaves) most_leaves = leaves(n);
        end
    endfunction

    localparam LEVELS = ($clog2(most_leaves(0)) + 1) / 2;
    localparam PRODUCT_CLOCKS = PRODUCT_W > 0 ? 3 : 0;

    deconv_delay #(
        .WIDTH(TAG_W),
        .DEPTH(6 + PRODUCT_CLOCKS + 2 * LEVELS)
    ) tag_delay (
        .clk(clk),
        .rst(rst),
        .d(tag),
        .q(out_tag)
    );

    // The bias joins the first sums where they enter the tree.
    wire [BIAS_BITS-1:0] late_bias;
    deconv_delay #(
        .WIDTH(BIAS_BITS),
        .DEPTH(BIAS_W > 0 ? 5 + PRODUCT_CLOCKS : 0)
    ) bias_delay (
        .clk(clk),
        .rst(1'b0),
        .d(bias),
        .q(late_bias)
    );

    reg [PIXELS*C_IN*FACTOR_W-1:0] window_q;
    reg [T_W-1:0] t_q;
    always @(posedge clk) begin
        window_q <= window;
        t_q <= t;
    end

    wire [PIXELS*C_IN*FACTOR_W-1:0] pixels;
    deconv_operand #(
        .WIDTH(PIXELS * C_IN * FACTOR_W)
    ) window_operand (
        .clk(clk),
        .d(window_q),
        .q(pixels)
    );

    // Each pixel once, for all lanes.
    genvar n, k, j, level, clock;
    generate
        for (k = 0; k < PIXELS * C_IN; k = k + 1) begin : g_pixel
            wire [FACTOR_W-1:0] factor = pixels[k*FACTOR_W+:FACTOR_W];
        end
        for (n = 0; n < LANES; n = n + 1) begin : g_lane
            // Lanes are joined one by one: simulators are slow with vectors that have many drivers.
            wire [ACC_W-1:0] sum;
            wire [(n+1)*ACC_W-1:0] joined;
            if (n == 0) begin : g_first
                assign joined = sum;
            end else begin : g_join
                assign joined = {sum, g_lane[n-1].joined};
            end

            localparam COUNT = C_IN * used(n);
            localparam QUADS = (COUNT + 3) / 4;
            localparam LANE_LEVELS = ($clog2(leaves(n)) + 1) / 2;
            if (leaves(n) == 0) begin : g_empty
                // A phase without taps (K < S): its outputs are zero.
                assign sum = {ACC_W{1'b0}};
            end else begin : g_sum
                // The lane's weights in each clock; a pixel without a tap has weight zero.
                localparam SET_W = COUNT > 0 ? COUNT * WEIGHT_W : 1;
                wire [CLOCKS*SET_W-1:0] sets;
                wire [SET_W-1:0] weights;
                wire [SET_W-1:0] weights_q;
                for (clock = 0; clock < CLOCKS; clock = clock + 1) begin : g_clock
                    localparam R = (clock * LANES + n) / S;
                    localparam Z = (clock * LANES + n) % S;
                    if (COUNT == 0) begin : g_no_weights
                        assign sets[clock*SET_W+:SET_W] = {SET_W{1'b0}};
                    end
                    for (k = 0; k < COUNT; k = k + 1) begin : g_weight
                        localparam I = pixel(n, k / C_IN);
                        localparam KY = tap(R, AHEAD - I % SIDE);
                        localparam KX = tap(Z, I / SIDE - BEHIND);
                        if (KY >= 0 && KY < K && KX >= 0 && KX < K) begin : g_tap
                            localparam AT = (k % C_IN * K + KY) * K + KX;
                            assign sets[clock*SET_W+k*WEIGHT_W+:WEIGHT_W] =
                                kernel[AT*WEIGHT_W+:WEIGHT_W];
                        end else begin : g_none
                            assign sets[clock*SET_W+k*WEIGHT_W+:WEIGHT_W] = {WEIGHT_W{1'b0}};
                        end
                    end
                end
                if (CLOCKS == 1) begin : g_fixed
                    assign weights = sets;
                end else begin : g_pick
                    assign weights = sets[t_q*SET_W+:SET_W];
                end
                deconv_operand #(
                    .WIDTH(SET_W)
                ) weights_operand (
                    .clk(clk),
                    .d(weights),
                    .q(weights_q)
                );

                // The factors of the leaves, which are sums of four products, and then the bias.
                wire [4*QUADS*TAP_W:0] factors;
                assign factors[4*QUADS*TAP_W] = 1'b0;
                wire unused_factors = &{1'b0, factors};
                for (k = 0; k < 4 * QUADS; k = k + 1) begin : g_factor
                    if (k < COUNT) begin : g_tap
                        wire [WEIGHT_W-1:0] code = weights_q[k*WEIGHT_W+:WEIGHT_W];
                        wire [WEIGHT_W:0] wide = {1'b0, code};
                        assign factors[k*TAP_W+:TAP_W] = wide[TAP_W-1:0];
                        wire unused = &{1'b0, wide};
                    end else begin : g_none
                        assign factors[k*TAP_W+:TAP_W] = {TAP_W{1'b0}};
                    end
                end
                // The tree: level 0 are the leaves, each further level adds four nodes of the one below.
                // A level is filled up with zeros to what the next one reads.
                for (level = 0; level <= LANE_LEVELS; level = level + 1) begin : g_level
                    localparam BELOW = level > 0 ? left(n, level - 1) : COUNT;
                    for (k = 0; k < (level < LANE_LEVELS ? 4 * left(n, level + 1) : 1); k = k + 1)
                    begin : g_node
                        wire signed [sum_w(level)-1:0] value;
                        localparam TERMS = BELOW - 4 * k < 4 ? BELOW - 4 * k : 4;
                        localparam I0 = pixel(n, 4 * k / C_IN) * C_IN + 4 * k % C_IN;
                        localparam I1 = pixel(n, (4 * k + 1) / C_IN) * C_IN + (4 * k + 1) % C_IN;
                        localparam I2 = pixel(n, (4 * k + 2) / C_IN) * C_IN + (4 * k + 2) % C_IN;
                        localparam I3 = pixel(n, (4 * k + 3) / C_IN) * C_IN + (4 * k + 3) % C_IN;
                        if (k >= left(n, level)) begin : g_none
                            assign value = 0;
                        end else if (level == 0 && k >= QUADS) begin : g_bias
                            wire sign = BIAS_SIGNED != 0 && late_bias[BIAS_BITS-1];
                            wire [LEAF_W+BIAS_BITS-1:0] wide = {{LEAF_W{sign}}, late_bias};
                            assign value = wide[LEAF_W-1:0];
                            wire unused = &{1'b0, wide};
                        end else if (level == 0 && PRODUCT_W == 0) begin : g_exact
                            deconv_multiply_add #(
                                .TERMS(TERMS),
                                .A_W(PIXEL_W),
                                .A_SIGNED(PIXEL_SIGNED),
                                .B_W(WEIGHT_W),
                                .B_SIGNED(WEIGHT_SIGNED),
                                .SUM_W(LEAF_W)
                            ) multiply_add (
                                .clk(clk),
                                .a0(g_pixel[I0].factor),
                                .a1(g_pixel[I1].factor),
                                .a2(g_pixel[I2].factor),
                                .a3(g_pixel[I3].factor),
                                .b0(factors[4*k*TAP_W+:TAP_W]),
                                .b1(factors[(4*k+1)*TAP_W+:TAP_W]),
                                .b2(factors[(4*k+2)*TAP_W+:TAP_W]),
                                .b3(factors[(4*k+3)*TAP_W+:TAP_W]),
                                .sum(value)
                            );
                        end else if (level == 0) begin : g_quantised
                            localparam P_W = TERM_W < LEAF_W ? TERM_W : LEAF_W;
                            wire [4*P_W-1:0] terms;
                            for (j = 0; j < 4; j = j + 1) begin : g_term
                                localparam I = j == 0 ? I0 : j == 1 ? I1 : j == 2 ? I2 : I3;
                                if (j < TERMS) begin : g_product
                                    wire [EXACT_W-1:0] exact;
                                    wire [PRODUCT_W-1:0] rounded;
                                    deconv_multiply #(
                                        .A_W(PIXEL_W),
                                        .A_SIGNED(PIXEL_SIGNED),
                                        .B_W(WEIGHT_W),
                                        .B_SIGNED(WEIGHT_SIGNED),
                                        .P_W(EXACT_W)
                                    ) multiply (
                                        .clk(clk),
                                        .a(g_pixel[I].factor),
                                        .b(factors[(4*k+j)*TAP_W+:TAP_W]),
                                        .p(exact)
                                    );
                                    deconv_quantise #(
                                        .IN_W(EXACT_W),
                                        .IN_SIGNED(1),
                                        .SHIFT(PRODUCT_SHIFT),
                                        .Q(PRODUCT_Q),
                                        .O(PRODUCT_O),
                                        .OUT_W(PRODUCT_W),
                                        .OUT_SIGNED(PRODUCT_SIGNED)
                                    ) quantise (
                                        .clk(clk),
                                        .in(exact),
                                        .out(rounded)
                                    );
                                    wire sign = PRODUCT_SIGNED != 0 && rounded[PRODUCT_W-1];
                                    wire [PRODUCT_W:0] wide = {sign, rounded};
                                    assign terms[j*P_W+:P_W] = wide[P_W-1:0];
                                    wire unused = &{1'b0, wide};
                                end else begin : g_none
                                    assign terms[j*P_W+:P_W] = {P_W{1'b0}};
                                end
                            end
                            deconv_add4 #(
                                .TERMS(TERMS),
                                .IN_W(P_W),
                                .OUT_W(LEAF_W)
                            ) add (
                                .clk(clk),
                                .a(terms[0+:P_W]),
                                .b(terms[P_W+:P_W]),
                                .c(terms[2*P_W+:P_W]),
                                .d(terms[3*P_W+:P_W]),
                                .sum(value)
                            );
                        end else begin : g_further
                            deconv_add4 #(
                                .TERMS(TERMS),
                                .IN_W(sum_w(level - 1)),
                                .OUT_W(sum_w(level))
                            ) add (
                                .clk(clk),
                                .a(g_level[level-1].g_node[4*k].value),
                                .b(g_level[level-1].g_node[4*k+1].value),
                                .c(g_level[level-1].g_node[4*k+2].value),
                                .d(g_level[level-1].g_node[4*k+3].value),
                                .sum(value)
                            );
                        end
                    end
                end
                localparam SUM_W = sum_w(LANE_LEVELS);
                wire [SUM_W-1:0] total;
                assign total = g_level[LANE_LEVELS].g_node[0].value;

                // Every lane takes as long as the one with the most terms.
                wire [SUM_W-1:0] late;
                deconv_delay #(
                    .WIDTH(SUM_W),
                    .DEPTH(2 * (LEVELS - LANE_LEVELS))
                ) even (
                    .clk(clk),
                    .rst(1'b0),
                    .d(total),
                    .q(late)
                );
                if (ACC_W > SUM_W) begin : g_extend
                    assign sum = {{ACC_W - SUM_W{late[SUM_W-1]}}, late};
                end else begin : g_whole
                    assign sum = late;
                end
            end
        end
        assign sums = g_lane[LANES-1].joined;
        if (CLOCKS == 1) begin : g_no_pick
            wire unused = &{1'b0, t_q};
        end
        if (BIAS_W == 0) begin : g_no_bias
            wire unused = &{1'b0, late_bias};
        end
    endgenerate
endmodule

`default_nettype wire
