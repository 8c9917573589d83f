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
// and, as bias, belongs to the window of the same clock.
//
//   stage 1      operand: the window, and the weights of clock t
//   stage 2      multiply
//   stage 3..5   quantise the products (only with a product format)
//   then         adder tree, a level a clock, as wide as its sums need
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
    localparam PIXELS = SIDE * SIDE;

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

    function integer terms(input integer n);
        terms = C_IN * used(n) + (BIAS_W > 0 ? 1 : 0);
    endfunction

    function integer most_terms(input integer unused_argument);
        integer n;
        begin
            most_terms = 1 + 0 * unused_argument;
            for (n = 0; n < LANES; n = n + 1) if (terms(n) > most_terms) most_terms = terms(n);
        end
    endfunction

    localparam LEVELS = $clog2(most_terms(0));

    // The sums of `count` terms after `level` levels, and the bits that they need.
    function integer sums_left(input integer count, input integer level);
        sums_left = (count + (1 << level) - 1) >> level;
    endfunction

    function integer sum_w(input integer level);
        sum_w = LEAF_W + level < ACC_W ? LEAF_W + level : ACC_W;
    endfunction

    delay #(
        .WIDTH(TAG_W),
        .DEPTH(2 + (PRODUCT_W > 0 ? 3 : 0) + LEVELS)
    ) tag_delay (
        .clk(clk),
        .rst(rst),
        .d(tag),
        .q(out_tag)
    );

    // The bias joins the products where they enter the tree.
    wire [BIAS_BITS-1:0] late_bias;
    delay #(
        .WIDTH(BIAS_BITS),
        .DEPTH(BIAS_W > 0 ? 2 + (PRODUCT_W > 0 ? 3 : 0) : 0)
    ) bias_delay (
        .clk(clk),
        .rst(1'b0),
        .d(bias),
        .q(late_bias)
    );

    wire [PIXELS*C_IN*PIXEL_W-1:0] window_q;
    operand #(
        .WIDTH(PIXELS * C_IN * PIXEL_W)
    ) window_operand (
        .clk(clk),
        .d(window),
        .q(window_q)
    );

    genvar n, k, level, clock;
    generate
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
            localparam TERMS = terms(n);
            localparam LANE_LEVELS = $clog2(TERMS);
            if (TERMS == 0) begin : g_empty
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
                    assign weights = sets[t*SET_W+:SET_W];
                end
                operand #(
                    .WIDTH(SET_W)
                ) weights_operand (
                    .clk(clk),
                    .d(weights),
                    .q(weights_q)
                );

                // The terms: products and bias.
                for (k = 0; k < TERMS; k = k + 1) begin : g_term
                    wire signed [sum_w(0)-1:0] value;
                    if (k >= COUNT) begin : g_bias
                        wire sign = BIAS_SIGNED != 0 && late_bias[BIAS_BITS-1];
                        wire [LEAF_W+BIAS_BITS-1:0] wide = {{LEAF_W{sign}}, late_bias};
                        assign value = wide[sum_w(0)-1:0];
                        wire unused = &{1'b0, wide};
                    end else if (PRODUCT_W == 0) begin : g_product
                        localparam I = pixel(n, k / C_IN);
                        multiply #(
                            .A_W(PIXEL_W),
                            .A_SIGNED(PIXEL_SIGNED),
                            .B_W(WEIGHT_W),
                            .B_SIGNED(WEIGHT_SIGNED),
                            .P_W(sum_w(0))
                        ) multiply (
                            .clk(clk),
                            .a(window_q[(I*C_IN+k%C_IN)*PIXEL_W+:PIXEL_W]),
                            .b(weights_q[k*WEIGHT_W+:WEIGHT_W]),
                            .p(value)
                        );
                    end else begin : g_quantised
                        localparam I = pixel(n, k / C_IN);
                        wire [EXACT_W-1:0] exact;
                        wire [PRODUCT_W-1:0] rounded;
                        multiply #(
                            .A_W(PIXEL_W),
                            .A_SIGNED(PIXEL_SIGNED),
                            .B_W(WEIGHT_W),
                            .B_SIGNED(WEIGHT_SIGNED),
                            .P_W(EXACT_W)
                        ) multiply (
                            .clk(clk),
                            .a(window_q[(I*C_IN+k%C_IN)*PIXEL_W+:PIXEL_W]),
                            .b(weights_q[k*WEIGHT_W+:WEIGHT_W]),
                            .p(exact)
                        );
                        quantise #(
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
                        wire [LEAF_W+PRODUCT_W-1:0] wide = {{LEAF_W{sign}}, rounded};
                        assign value = wide[sum_w(0)-1:0];
                        wire unused = &{1'b0, wide};
                    end
                end

                // The adder tree. Registers are read as they are: simulators pay for every wire.
                for (level = 1; level <= LANE_LEVELS; level = level + 1) begin : g_level
                    localparam V = sum_w(level - 1);
                    localparam W = sum_w(level);
                    localparam signed [V-1:0] NOTHING = 0;
                    for (k = 0; k < sums_left(TERMS, level); k = k + 1) begin : g_node
                        reg signed [W-1:0] value;
                        if (2 * k + 1 >= sums_left(TERMS, level - 1)) begin : g_single
                            if (level == 1) begin : g_first
                                always @(posedge clk) value <= g_term[2*k].value + NOTHING;
                            end else begin : g_further
                                always @(posedge clk) begin
                                    value <= g_level[level-1].g_node[2*k].value + NOTHING;
                                end
                            end
                        end else if (level == 1) begin : g_first
                            always @(posedge clk) begin
                                value <= g_term[2*k].value + g_term[2*k+1].value;
                            end
                        end else begin : g_further
                            always @(posedge clk) begin
                                value <= g_level[level-1].g_node[2*k].value +
                                         g_level[level-1].g_node[2*k+1].value;
                            end
                        end
                    end
                end
                localparam SUM_W = sum_w(LANE_LEVELS);
                wire [SUM_W-1:0] total;
                if (LANE_LEVELS == 0) begin : g_one_term
                    assign total = g_term[0].value[SUM_W-1:0];
                end else begin : g_root
                    assign total = g_level[LANE_LEVELS].g_node[0].value;
                end

                // Every lane takes as long as the one with the most terms.
                wire [SUM_W-1:0] late;
                delay #(
                    .WIDTH(SUM_W),
                    .DEPTH(LEVELS - LANE_LEVELS)
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
            wire unused = &{1'b0, t};
        end
        if (BIAS_W == 0) begin : g_no_bias
            wire unused = &{1'b0, late_bias};
        end
    endgenerate
endmodule

`default_nettype wire
