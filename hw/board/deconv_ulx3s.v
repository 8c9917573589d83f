// SPDX-License-Identifier: MIT
// deconv_ulx3s: the self-test on a ULX3S (LFE5U-85F): LEDs and a line of text a frame.
//
//   clk_25mhz -> PLL -> deconv_selftest -> deconv_report -> deconv_uart_tx -> ftdi_rxd
//                              '---------> led
//
//   led[0]    the last frame was right
//   led[1]    a frame was wrong, until reset
//   led[2]    changes with every frame
//   led[3]    the PLL is locked
//   led[7:4]  frames, bits 7 to 4
//   btn[1]    reset (FIRE1)
//   btn[2]    holds the output (FIRE2)
//
// The clock is 25 MHz * PLL_MULTIPLY / PLL_REFERENCE; times PLL_DIVIDE it is the PLL's own oscillator,
// 400 to 800 MHz. A bit of the serial line takes DIVISOR clocks. Pins: ulx3s.lpf.
//
// Golden: deconv4k.rtl.selftest, deconv4k.board.bitstream
`default_nettype none

module deconv_ulx3s #(
    parameter K = 9,
    parameter S = 2,
    parameter P = 4,
    parameter OP = 1,
    parameter C_IN = 1,
    parameter PPC = 4,
    parameter MAX_W = 1920,
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
    parameter ACC_SIGNED = 1,
    parameter OUT_W = 8,
    parameter OUT_SIGNED = 0,
    parameter OUT_SHIFT = 8,
    parameter OUT_Q = 0,
    parameter OUT_O = 0,
    parameter HEIGHT = 1080,
    parameter [31:0] SEED = 32'h1,
    parameter [31:0] EXPECTED = 32'h0,
    parameter [31:0] CONFIG_HASH = 32'h0,
    parameter POWER_UP = "kernel.hex",
    parameter PLL_REFERENCE = 1,
    parameter PLL_MULTIPLY = 5,
    parameter PLL_DIVIDE = 5,
    parameter DIVISOR = 1085
) (
    input wire clk_25mhz,
    input wire [2:1] btn,
    output wire [7:0] led,
    output wire ftdi_rxd,
    output wire wifi_gpio0
);
    wire clk;
    wire locked;
    wire [5:0] pll_unread;
    EHXPLLL #(
        .CLKI_DIV(PLL_REFERENCE),
        .CLKFB_DIV(PLL_MULTIPLY),
        .CLKOP_DIV(PLL_DIVIDE),
        .CLKOP_CPHASE(PLL_DIVIDE - 1),
        .CLKOP_FPHASE(0),
        .CLKOP_ENABLE("ENABLED"),
        .FEEDBK_PATH("CLKOP")
    ) pll (
        .CLKI(clk_25mhz),
        .CLKFB(clk),
        .CLKOP(clk),
        .CLKOS(pll_unread[0]),
        .CLKOS2(pll_unread[1]),
        .CLKOS3(pll_unread[2]),
        .LOCK(locked),
        .INTLOCK(pll_unread[3]),
        .REFCLK(pll_unread[4]),
        .CLKINTFB(pll_unread[5]),
        .PHASESEL1(1'b0),
        .PHASESEL0(1'b0),
        .PHASEDIR(1'b0),
        .PHASESTEP(1'b0),
        .PHASELOADREG(1'b0),
        .STDBY(1'b0),
        .PLLWAKESYNC(1'b0),
        .RST(1'b0),
        .ENCLKOP(1'b0),
        .ENCLKOS(1'b0),
        .ENCLKOS2(1'b0),
        .ENCLKOS3(1'b0)
    );

    wire pass;
    wire fail;
    wire beat;
    wire judged;
    wire [31:0] signature_kernel;
    wire [31:0] signature_in;
    wire [31:0] signature_out;
    wire [31:0] frames;
    wire [6:0] errors;
    wire [31:0] stalled;
    wire [31:0] clocks;
    deconv_selftest #(
        .K(K),
        .S(S),
        .P(P),
        .OP(OP),
        .C_IN(C_IN),
        .PPC(PPC),
        .MAX_W(MAX_W),
        .PIXEL_W(PIXEL_W),
        .PIXEL_SIGNED(PIXEL_SIGNED),
        .WEIGHT_W(WEIGHT_W),
        .WEIGHT_SIGNED(WEIGHT_SIGNED),
        .BIAS_W(BIAS_W),
        .BIAS_SIGNED(BIAS_SIGNED),
        .PRODUCT_W(PRODUCT_W),
        .PRODUCT_SIGNED(PRODUCT_SIGNED),
        .PRODUCT_SHIFT(PRODUCT_SHIFT),
        .PRODUCT_Q(PRODUCT_Q),
        .PRODUCT_O(PRODUCT_O),
        .ACC_W(ACC_W),
        .ACC_SIGNED(ACC_SIGNED),
        .OUT_W(OUT_W),
        .OUT_SIGNED(OUT_SIGNED),
        .OUT_SHIFT(OUT_SHIFT),
        .OUT_Q(OUT_Q),
        .OUT_O(OUT_O),
        .HEIGHT(HEIGHT),
        .SEED(SEED),
        .EXPECTED(EXPECTED),
        .POWER_UP(POWER_UP)
    ) selftest (
        .clk(clk),
        .reset_n(locked && !btn[1]),
        .hold(btn[2]),
        .pass(pass),
        .fail(fail),
        .beat(beat),
        .report(judged),
        .signature_kernel(signature_kernel),
        .signature_in(signature_in),
        .signature_out(signature_out),
        .frames(frames),
        .errors(errors),
        .stalled(stalled),
        .clocks(clocks)
    );

    assign led = {frames[7:4], locked, beat, fail, pass};
    // Low would hand the board over to its ESP32.
    assign wifi_gpio0 = 1'b1;

    // The serial line begins idle, whatever the PLL does.
    reg [2:0] rst_q;
    always @(posedge clk) rst_q <= {rst_q[1:0], !locked};
    wire rst = rst_q[2];

    wire [7:0] letter;
    wire letter_valid;
    wire letter_ready;
    deconv_report report (
        .clk(clk),
        .rst(rst),
        .start(judged),
        .pass(pass),
        .words({
            CONFIG_HASH,
            signature_kernel,
            signature_in,
            signature_out,
            EXPECTED,
            frames,
            25'b0,
            errors,
            stalled,
            clocks
        }),
        .letter(letter),
        .valid(letter_valid),
        .ready(letter_ready)
    );

    deconv_uart_tx #(
        .DIVISOR(DIVISOR)
    ) uart_tx (
        .clk(clk),
        .rst(rst),
        .data(letter),
        .valid(letter_valid),
        .ready(letter_ready),
        .tx(ftdi_rxd)
    );

    wire unused = &{1'b0, pll_unread};
endmodule

`default_nettype wire
