// tally: how often each of some events came, up to 65535; 16 bits an event, event 0 the lowest.
`default_nettype none

module tally #(
    parameter EVENTS = 8
) (
    input wire clk,
    input wire [EVENTS-1:0] events,
    output wire [16*EVENTS-1:0] counts
);
    genvar n;
    generate
        for (n = 0; n < EVENTS; n = n + 1) begin : g_event
            reg [15:0] count_q;
            initial count_q = 16'd0;
            assign counts[16*n+:16] = count_q;
            always @(posedge clk) begin
                if (events[n] === 1'b1 && count_q != 16'hffff) count_q <= count_q + 1'b1;
            end
        end
    endgenerate
endmodule

`default_nettype wire
