#pragma once

#include <cstddef>
#include <string>

#include "ottla/bytes.h"

// What authentication is made of, through OpenSSL. Any thread.
namespace ottla::base {

enum class Hash { sha_256, sha_512 };

// In bytes.
constexpr std::size_t size_of(Hash hash) {
  return hash == Hash::sha_256 ? 32 : 64;
}

std::string digest(Hash hash, BytesView text);

std::string hmac(Hash hash, BytesView key, BytesView text);

// PBKDF2 with HMAC and as many bytes as the hash has. Slow on purpose, a few milliseconds for every
// ten thousand iterations: never on a loop. `iterations` > 0.
std::string pbkdf2(Hash hash, BytesView password, BytesView salt, int iterations);

// Takes a time that tells nothing but the sizes.
bool equal_in_constant_time(BytesView a, BytesView b);

// Bytes that nobody can guess.
std::string secret_bytes(std::size_t count);

// Overwrites what is not needed any more, so that it is not found in memory later.
void wipe(std::string& secret);

// Standard base64 with padding.
std::string to_base64(BytesView bytes);

// Reads what `to_base64` writes and nothing else: no blanks, no missing padding, no stray bits.
// False if it is something else.
bool from_base64(BytesView text, std::string& bytes);

}  // namespace ottla::base
