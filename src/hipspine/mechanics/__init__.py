"""Bodies in postures: lengths, moment arms, capacities, load sharing, joint forces."""
