// SPDX-License-Identifier: MIT
// deconv_uart_tx: bytes on a serial line, 8N1.
//
// A start bit, eight bits from the lowest one on, a stop bit. A bit takes DIVISOR clocks. The line
// is high while nothing is sent. There is no receiver and no flow control.
//
// Latency: the start bit begins the clock after a byte is taken. Throughput: a byte in 10 * DIVISOR
// clocks.
`default_nettype none

module deconv_uart_tx #(
    parameter DIVISOR = 1085
) (
    input wire clk,
    input wire rst,
    input wire [7:0] data,
    input wire valid,
    output wire ready,
    output wire tx
);
    generate
        if (DIVISOR < 2 || DIVISOR > 65535) begin : g_divisor
            ERROR_uart_tx_DIVISOR_must_be_2_to_65535 error ();
        end
    endgenerate

    localparam [15:0] LAST = DIVISOR[15:0] - 16'd1;

    reg [8:0] bits_q;  // the bit on the line, then those that follow; ones come after them
    reg [3:0] left_q;  // bits, the one on the line among them; 0: idle
    reg [15:0] clocks_q;  // left of the bit on the line
    reg idle_q;

    assign ready = idle_q;
    assign tx = bits_q[0];

    always @(posedge clk) begin
        clocks_q <= clocks_q - 1'b1;
        if (idle_q) begin
            if (valid) begin
                bits_q   <= {data, 1'b0};
                left_q   <= 4'd10;
                clocks_q <= LAST;
                idle_q   <= 1'b0;
            end
        end else if (clocks_q == 0) begin
            bits_q   <= {1'b1, bits_q[8:1]};
            left_q   <= left_q - 1'b1;
            clocks_q <= LAST;
            // The stop bit's last clock.
            idle_q   <= left_q == 1;
        end
        if (rst) begin
            bits_q <= 9'h1FF;
            idle_q <= 1'b1;
        end
    end
endmodule

`default_nettype wire
