// delay: WIDTH bits, DEPTH clocks later.
//
// Latency: DEPTH clocks (0 is a wire). Throughput: one word a clock.
`default_nettype none

module delay #(
    parameter WIDTH = 1,
    parameter DEPTH = 1
) (
    input wire clk,
    input wire rst,
    input wire [WIDTH-1:0] d,
    output wire [WIDTH-1:0] q
);
    generate
        if (DEPTH == 0) begin : g_wire
            assign q = d;
            wire unused = &{1'b0, clk, rst};
        end else begin : g_registers
            reg [WIDTH*DEPTH-1:0] line_q;
            wire [WIDTH*(DEPTH+1)-1:0] line = {line_q, d};
            assign q = line[WIDTH*(DEPTH+1)-1-:WIDTH];
            always @(posedge clk) begin
                line_q <= line[WIDTH*DEPTH-1:0];
                if (rst) line_q <= {WIDTH * DEPTH{1'b0}};
            end
        end
    endgenerate
endmodule

`default_nettype wire
