// SPDX-License-Identifier: MIT
// tally: how often each of some events came, up to 65535; 16 bits an event, event 0 the lowest.
`default_nettype none

module tally #(
    parameter EVENTS = 8
) (
    input wire clk,
    input wire [EVENTS-1:0] events,
    output reg [16*EVENTS-1:0] counts
);
    // One block for all: simulators pay for each, and mostly nothing happens.
    wire any = |events !== 1'b0;
    integer n;
    initial counts = {16 * EVENTS{1'b0}};
    always @(posedge clk) begin
        if (any) begin
            for (n = 0; n < EVENTS; n = n + 1) begin
                if (events[n] === 1'b1 && counts[16*n+:16] != 16'hffff) begin
                    counts[16*n+:16] <= counts[16*n+:16] + 1'b1;
                end
            end
        end
    end
endmodule

`default_nettype wire
