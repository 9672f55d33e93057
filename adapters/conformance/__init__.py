"""The kit that certifies an adapter in any language: in process by its factory, or by the address of its server."""
