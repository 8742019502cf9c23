#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ottla/bytes.h"

// AES-256-GCM as the interceptors use it. All of OpenSSL that they know is behind this.
namespace ottla::interceptors {

inline constexpr std::size_t kNonceSize = 12;
inline constexpr std::size_t kTagSize = 16;
inline constexpr std::size_t kSaltSize = 16;

// 32 bytes that are wiped from memory when they go.
class SecretKey {
 public:
  SecretKey() = default;
  explicit SecretKey(BytesView bytes);
  SecretKey(const SecretKey&) = default;
  SecretKey& operator=(const SecretKey&) = default;
  ~SecretKey();

  const std::uint8_t* data() const { return bytes_.data(); }
  std::uint8_t* data() { return bytes_.data(); }
  static constexpr std::size_t size() { return 32; }

 private:
  std::array<std::uint8_t, 32> bytes_{};
};

using Salt = std::array<std::uint8_t, kSaltSize>;

// Of the system's source of randomness; nothing if it has none.
std::optional<Salt> random_salt();

// HMAC-SHA-256 of the purpose and the salt under `key`; nothing if OpenSSL fails.
std::optional<SecretKey> derive_key(const SecretKey& key, const Salt& salt);

// The nonce, the ciphertext and its tag; nothing if OpenSSL fails. A nonce must not come twice with
// a key.
std::optional<Bytes> seal(const SecretKey& key, std::uint64_t nonce, BytesView plain,
                          BytesView authenticated);

// What `seal` made it of; nothing if any of it is not as it was.
std::optional<Bytes> unseal(const SecretKey& key, BytesView sealed, BytesView authenticated);

}  // namespace ottla::interceptors
