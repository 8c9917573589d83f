// SPDX-License-Identifier: MIT
// EHXPLLL: the PLL of ECP5, as hw/board/deconv_ulx3s.v uses it, for simulation.
//
// The output is the input: a clock there is a clock here, whatever its frequency. LOCK rises after
// some clocks. The frequency is nextpnr's to say, which takes it from the parameters.
`default_nettype none

module EHXPLLL #(
    parameter CLKI_DIV = 1,
    parameter CLKFB_DIV = 1,
    parameter CLKOP_DIV = 8,
    parameter CLKOP_CPHASE = 0,
    parameter CLKOP_FPHASE = 0,
    parameter CLKOP_ENABLE = "ENABLED",
    parameter FEEDBK_PATH = "CLKOP"
) (
    input wire CLKI,
    input wire CLKFB,
    input wire PHASESEL1,
    input wire PHASESEL0,
    input wire PHASEDIR,
    input wire PHASESTEP,
    input wire PHASELOADREG,
    input wire STDBY,
    input wire PLLWAKESYNC,
    input wire RST,
    input wire ENCLKOP,
    input wire ENCLKOS,
    input wire ENCLKOS2,
    input wire ENCLKOS3,
    output wire CLKOP,
    output wire CLKOS,
    output wire CLKOS2,
    output wire CLKOS3,
    output wire LOCK,
    output wire INTLOCK,
    output wire REFCLK,
    output wire CLKINTFB
);
    reg [3:0] clocks;
    initial clocks = 4'd0;
    always @(posedge CLKI) if (!LOCK) clocks <= clocks + 1'b1;

    assign LOCK = &clocks;
    assign CLKOP = CLKI;
    assign {CLKOS, CLKOS2, CLKOS3, INTLOCK, REFCLK, CLKINTFB} = 6'b0;
endmodule

`default_nettype wire
