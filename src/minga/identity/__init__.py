"""Who asks: virtual keys. Must not know what is asked or what it costs. Entry: `virtual_keys.VirtualKeys.admit`."""
