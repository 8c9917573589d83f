// adder_tree: the sum of N terms modulo 2**OUT_W, a register at every level.
//
//   sum = in[0] + in[1] + ... + in[N-1]
//
// Terms are signed, IN_W bits each, term 0 in the least significant bits; sums grow one bit a level
// up to OUT_W, beyond which they wrap, which no summation order can change.
//
// Latency: ceil(log2(N)) clocks (0 for one term). Throughput: one sum a clock.
`default_nettype none

module adder_tree #(
    parameter N = 25,
    parameter IN_W = 18,
    parameter OUT_W = 23
) (
    input wire clk,
    input wire [N*IN_W-1:0] in,
    output wire [OUT_W-1:0] sum
);
    localparam LEVELS = $clog2(N);

    // Terms after `level` levels, and their useful width.
    function integer terms(input integer level);
        terms = (N + (1 << level) - 1) >> level;
    endfunction
    function integer useful(input integer level);
        useful = IN_W + level < OUT_W ? IN_W + level : OUT_W;
    endfunction

    genvar level;
    generate
        for (level = 0; level <= LEVELS; level = level + 1) begin : g_level
            localparam W = useful(level);
            wire [W*terms(level)-1:0] term;
            if (level == 0) begin : g_in
                if (W == IN_W) begin : g_whole
                    assign term = in;
                end else begin : g_wrap
                    genvar i;
                    for (i = 0; i < N; i = i + 1) begin : g_term
                        assign term[i*W+:W] = in[i*IN_W+:W];
                    end
                    wire unused = &{1'b0, in};
                end
            end else begin : g_add
                // One vector a level: simulators are far slower at joining many.
                localparam V = useful(level - 1);
                wire [V*terms(level-1)-1:0] previous = g_level[level-1].term;
                reg [W*terms(level)-1:0] sums_q;
                genvar i;
                for (i = 0; i < terms(level); i = i + 1) begin : g_term
                    if (2 * i + 1 < terms(level - 1)) begin : g_pair
                        always @(posedge clk) begin
                            sums_q[i*W+:W] <= $signed(previous[2*i*V+:V]) +
                                              $signed(previous[(2*i+1)*V+:V]);
                        end
                    end else begin : g_single
                        localparam signed [V-1:0] NOTHING = 0;
                        always @(posedge clk) begin
                            sums_q[i*W+:W] <= $signed(previous[2*i*V+:V]) + NOTHING;
                        end
                    end
                end
                assign term = sums_q;
            end
        end

        if (useful(LEVELS) < OUT_W) begin : g_extend
            localparam W = useful(LEVELS);
            assign sum = {{OUT_W - W{g_level[LEVELS].term[W-1]}}, g_level[LEVELS].term[W-1:0]};
        end else begin : g_full
            assign sum = g_level[LEVELS].term[OUT_W-1:0];
        end

        if (LEVELS == 0) begin : g_no_clock
            wire unused = &{1'b0, clk};
        end
    endgenerate
endmodule

`default_nettype wire
