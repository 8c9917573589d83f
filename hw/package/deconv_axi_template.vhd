-- SPDX-License-Identifier: MIT
-- deconv_axi_template: how to instantiate deconv_axi in VHDL, with the parameters of the default
-- configuration. Copy the component and the instance.
-- Made by tools/package.py: edit that instead.
library ieee;
use ieee.std_logic_1164.all;

entity deconv_axi_template is
    port (
        aclk : in std_logic;
        aresetn : in std_logic;
        s_axis_video_tdata : in std_logic_vector(7 downto 0);
        s_axis_video_tuser : in std_logic;
        s_axis_video_tlast : in std_logic;
        s_axis_video_tvalid : in std_logic;
        s_axis_video_tready : out std_logic;
        m_axis_video_tdata : out std_logic_vector(31 downto 0);
        m_axis_video_tuser : out std_logic;
        m_axis_video_tlast : out std_logic;
        m_axis_video_tvalid : out std_logic;
        m_axis_video_tready : in std_logic;
        s_axi_control_awaddr : in std_logic_vector(7 downto 0);
        s_axi_control_awprot : in std_logic_vector(2 downto 0);
        s_axi_control_awvalid : in std_logic;
        s_axi_control_awready : out std_logic;
        s_axi_control_wdata : in std_logic_vector(31 downto 0);
        s_axi_control_wstrb : in std_logic_vector(3 downto 0);
        s_axi_control_wvalid : in std_logic;
        s_axi_control_wready : out std_logic;
        s_axi_control_bresp : out std_logic_vector(1 downto 0);
        s_axi_control_bvalid : out std_logic;
        s_axi_control_bready : in std_logic;
        s_axi_control_araddr : in std_logic_vector(7 downto 0);
        s_axi_control_arprot : in std_logic_vector(2 downto 0);
        s_axi_control_arvalid : in std_logic;
        s_axi_control_arready : out std_logic;
        s_axi_control_rdata : out std_logic_vector(31 downto 0);
        s_axi_control_rresp : out std_logic_vector(1 downto 0);
        s_axi_control_rvalid : out std_logic;
        s_axi_control_rready : in std_logic;
        irq : out std_logic
    );
end entity;

architecture template of deconv_axi_template is
    component deconv_axi is
        generic (
            K : integer := 9;
            S : integer := 2;
            P : integer := 4;
            OP : integer := 1;
            C_IN : integer := 1;
            C_OUT : integer := 1;
            PPC : integer := 4;
            MAX_W : integer := 1920;
            MAX_H : integer := 1080;
            PIXEL_W : integer := 8;
            PIXEL_SIGNED : integer := 0;
            PIXEL_I : integer := 8;
            PIXEL_Q : integer := 5;
            PIXEL_O : integer := 3;
            WEIGHT_W : integer := 10;
            WEIGHT_SIGNED : integer := 1;
            WEIGHT_I : integer := 2;
            WEIGHT_Q : integer := 0;
            WEIGHT_O : integer := 0;
            BIAS_W : integer := 0;
            BIAS_SIGNED : integer := 1;
            BIAS_I : integer := 0;
            BIAS_Q : integer := 5;
            BIAS_O : integer := 3;
            PRODUCT_W : integer := 0;
            PRODUCT_SIGNED : integer := 1;
            PRODUCT_I : integer := 0;
            PRODUCT_SHIFT : integer := 0;
            PRODUCT_Q : integer := 5;
            PRODUCT_O : integer := 3;
            ACC_W : integer := 23;
            ACC_SIGNED : integer := 1;
            ACC_I : integer := 15;
            ACC_Q : integer := 5;
            ACC_O : integer := 3;
            OUT_W : integer := 8;
            OUT_SIGNED : integer := 0;
            OUT_I : integer := 8;
            OUT_SHIFT : integer := 8;
            OUT_Q : integer := 0;
            OUT_O : integer := 0;
            CONFIG_HASH : std_logic_vector(31 downto 0) := x"00000000";
            POWER_UP : string := ""
        );
        port (
            aclk : in std_logic;
            aresetn : in std_logic;
            s_axis_video_tdata : in std_logic_vector((C_IN * PIXEL_W + 7) / 8 * 8 - 1 downto 0);
            s_axis_video_tuser : in std_logic;
            s_axis_video_tlast : in std_logic;
            s_axis_video_tvalid : in std_logic;
            s_axis_video_tready : out std_logic;
            m_axis_video_tdata : out std_logic_vector((PPC * OUT_W + 7) / 8 * 8 - 1 downto 0);
            m_axis_video_tuser : out std_logic;
            m_axis_video_tlast : out std_logic;
            m_axis_video_tvalid : out std_logic;
            m_axis_video_tready : in std_logic;
            s_axi_control_awaddr : in std_logic_vector(7 downto 0);
            s_axi_control_awprot : in std_logic_vector(2 downto 0);
            s_axi_control_awvalid : in std_logic;
            s_axi_control_awready : out std_logic;
            s_axi_control_wdata : in std_logic_vector(31 downto 0);
            s_axi_control_wstrb : in std_logic_vector(3 downto 0);
            s_axi_control_wvalid : in std_logic;
            s_axi_control_wready : out std_logic;
            s_axi_control_bresp : out std_logic_vector(1 downto 0);
            s_axi_control_bvalid : out std_logic;
            s_axi_control_bready : in std_logic;
            s_axi_control_araddr : in std_logic_vector(7 downto 0);
            s_axi_control_arprot : in std_logic_vector(2 downto 0);
            s_axi_control_arvalid : in std_logic;
            s_axi_control_arready : out std_logic;
            s_axi_control_rdata : out std_logic_vector(31 downto 0);
            s_axi_control_rresp : out std_logic_vector(1 downto 0);
            s_axi_control_rvalid : out std_logic;
            s_axi_control_rready : in std_logic;
            irq : out std_logic
        );
    end component;
begin
    upscaler : deconv_axi
        generic map (
            K => 9,
            S => 2,
            P => 4,
            OP => 1,
            C_IN => 1,
            C_OUT => 1,
            PPC => 4,
            MAX_W => 1920,
            MAX_H => 1080,
            PIXEL_W => 8,
            PIXEL_SIGNED => 0,
            PIXEL_I => 8,
            PIXEL_Q => 5,
            PIXEL_O => 3,
            WEIGHT_W => 10,
            WEIGHT_SIGNED => 1,
            WEIGHT_I => 2,
            WEIGHT_Q => 0,
            WEIGHT_O => 0,
            BIAS_W => 0,
            BIAS_SIGNED => 1,
            BIAS_I => 0,
            BIAS_Q => 5,
            BIAS_O => 3,
            PRODUCT_W => 0,
            PRODUCT_SIGNED => 1,
            PRODUCT_I => 0,
            PRODUCT_SHIFT => 0,
            PRODUCT_Q => 5,
            PRODUCT_O => 3,
            ACC_W => 23,
            ACC_SIGNED => 1,
            ACC_I => 15,
            ACC_Q => 5,
            ACC_O => 3,
            OUT_W => 8,
            OUT_SIGNED => 0,
            OUT_I => 8,
            OUT_SHIFT => 8,
            OUT_Q => 0,
            OUT_O => 0,
            CONFIG_HASH => x"e7b8f5b8",
            POWER_UP => ""
        )
        port map (
            aclk => aclk,
            aresetn => aresetn,
            s_axis_video_tdata => s_axis_video_tdata,
            s_axis_video_tuser => s_axis_video_tuser,
            s_axis_video_tlast => s_axis_video_tlast,
            s_axis_video_tvalid => s_axis_video_tvalid,
            s_axis_video_tready => s_axis_video_tready,
            m_axis_video_tdata => m_axis_video_tdata,
            m_axis_video_tuser => m_axis_video_tuser,
            m_axis_video_tlast => m_axis_video_tlast,
            m_axis_video_tvalid => m_axis_video_tvalid,
            m_axis_video_tready => m_axis_video_tready,
            s_axi_control_awaddr => s_axi_control_awaddr,
            s_axi_control_awprot => s_axi_control_awprot,
            s_axi_control_awvalid => s_axi_control_awvalid,
            s_axi_control_awready => s_axi_control_awready,
            s_axi_control_wdata => s_axi_control_wdata,
            s_axi_control_wstrb => s_axi_control_wstrb,
            s_axi_control_wvalid => s_axi_control_wvalid,
            s_axi_control_wready => s_axi_control_wready,
            s_axi_control_bresp => s_axi_control_bresp,
            s_axi_control_bvalid => s_axi_control_bvalid,
            s_axi_control_bready => s_axi_control_bready,
            s_axi_control_araddr => s_axi_control_araddr,
            s_axi_control_arprot => s_axi_control_arprot,
            s_axi_control_arvalid => s_axi_control_arvalid,
            s_axi_control_arready => s_axi_control_arready,
            s_axi_control_rdata => s_axi_control_rdata,
            s_axi_control_rresp => s_axi_control_rresp,
            s_axi_control_rvalid => s_axi_control_rvalid,
            s_axi_control_rready => s_axi_control_rready,
            irq => irq
        );
end architecture;
