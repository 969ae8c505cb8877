/**
 * SHA-256 for scripts, as Redis gives them SHA-1 alone: `linked` makes a chain's next head from two hex digests and a
 * number (two blocks), `hashed` the digest of a short text. Words are 32-bit numbers of the `bit` library.
 */
export const sha256Lua = `
local ror, rshift, bxor, band, tobit = bit.ror, bit.rshift, bit.bxor, bit.band, bit.tobit

local rounds = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
}

local function compress(state, w)
  for t = 17, 64 do
    local x, y = w[t - 15], w[t - 2]
    w[t] = tobit(w[t - 16] + bxor(ror(x, 7), ror(x, 18), rshift(x, 3)) + w[t - 7]
      + bxor(ror(y, 17), ror(y, 19), rshift(y, 10)))
  end
  local a, b, c, d, e, f, g, h = unpack(state)
  for t = 1, 64 do
    local p = h + bxor(ror(e, 6), ror(e, 11), ror(e, 25)) + bxor(g, band(e, bxor(f, g))) + rounds[t] + w[t]
    local q = bxor(ror(a, 2), ror(a, 13), ror(a, 22)) + bxor(band(a, b), band(c, bxor(a, b)))
    h, g, f, e, d, c, b, a = g, f, e, tobit(d + p), c, b, a, tobit(p + q)
  end
  for i, word in ipairs({ a, b, c, d, e, f, g, h }) do state[i] = tobit(state[i] + word) end
end

local function start()
  return { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 }
end

local function hexOf(state)
  local text = {}
  for i, word in ipairs(state) do text[i] = bit.tohex(word) end
  return table.concat(text)
end

local function linked(head, digest, n)
  local state, w = start(), {}
  for i = 0, 7 do
    w[i + 1] = tonumber(string.sub(head, i * 8 + 1, i * 8 + 8), 16)
    w[i + 9] = tonumber(string.sub(digest, i * 8 + 1, i * 8 + 8), 16)
  end
  compress(state, w)
  w = { math.floor(n / 4294967296), n % 4294967296, 0x80000000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 576 }
  compress(state, w)
  return hexOf(state)
end

local function hashed(text)
  local state, size = start(), #text
  local padded = text .. '\\128' .. string.rep('\\0', (55 - size) % 64)
  for at = 1, size + 9, 64 do
    local w = {}
    for i = 0, 15 do
      local place = at + i * 4
      if place > #padded then
        -- The last two words are the length in bits.
        w[i + 1] = i == 15 and size * 8 or 0
      else
        local p, q, r, s = string.byte(padded, place, place + 3)
        w[i + 1] = p * 16777216 + q * 65536 + r * 256 + s
      end
    end
    compress(state, w)
  end
  return hexOf(state)
end
`
