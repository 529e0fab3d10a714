"""The HTTP engine under the contracts: routing, reading requests with caps, sending answers. It knows no contract."""
