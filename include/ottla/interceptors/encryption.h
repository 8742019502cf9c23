#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "ottla/consumer_interceptor.h"
#include "ottla/error.h"
#include "ottla/interceptor.h"
#include "ottla/result.h"

namespace ottla::interceptors {

// The keys that records are encrypted with, by name. Rotation: add the new key wherever records are
// read, then where they are written, and make it the current one; remove the old one when retention
// has taken its last record. Any thread. Keys are wiped from memory when they go.
class KeyRing {
 public:
  static constexpr std::size_t kKeySize = 32;

  KeyRing();
  ~KeyRing();
  KeyRing(const KeyRing&) = delete;
  KeyRing& operator=(const KeyRing&) = delete;

  // `id` is what records tell: 1 to 100 bytes. The first key becomes the current one. Errors:
  // invalid_argument (the sizes), already_in_use (another key has this id).
  Result<void> add(std::string id, BytesView key);
  // Encrypts with this one from now on. Error: not_found.
  Result<void> use(std::string_view id);
  // The current one is not removed. Errors: not_found, already_in_use (it is the current one).
  Result<void> remove(std::string_view id);

  class Impl;
  Impl& impl() const { return *impl_; }  // for the library's own use

 private:
  const std::unique_ptr<Impl> impl_;
};

struct EncryptOptions {
  std::shared_ptr<KeyRing> keys{};
  // Whose values are encrypted; empty: those of all topics.
  std::set<std::string, std::less<>> topics{};
  // A value that was moved to another topic does not decrypt there. Off where something that has no
  // keys copies records to topics of other names.
  bool bind_topic = true;
};

// Encrypts the values of records with AES-256-GCM before they are compressed and sent; brokers and
// disks never see them. Keys, headers and sizes stay readable, so that partitions, compaction and
// routing work; a null value stays null, since a tombstone must be one. The header `ottla-sealed`
// tells which key it was. Key, header and (bind_topic) topic are authenticated: none of them can be
// exchanged without its being noticed.
//
// Each object derives a key of its own from the ring's (HMAC-SHA-256 with a random salt) and counts
// its nonces, so that no number of records or processes wears a key out. A record that cannot be
// encrypted (no keys) fails with serialization_failed and is not sent.
//
// Put it last in a producer's list: what stands behind it sees ciphertext. Any thread.
class Encrypt final : public ProducerInterceptor {
 public:
  // Error: invalid_argument, naming the option.
  static Result<std::shared_ptr<Encrypt>> make(EncryptOptions options);
  ~Encrypt() override;

  void on_send(MutableRecord& record) override;

  class Impl;
  explicit Encrypt(std::unique_ptr<Impl> impl);  // `make` is for users

 private:
  const std::unique_ptr<Impl> impl_;
};

// What is to become of a record that cannot be decrypted.
enum class Unreadable : std::uint8_t {
  leave_out,  // the application does not see it, and reading goes on behind it
  hand_over,  // as it came: its value is ciphertext, or whatever somebody put there
};

struct DecryptOptions {
  std::shared_ptr<KeyRing> keys{};
  std::set<std::string, std::less<>> topics{};  // empty: all
  // Asked about each record that cannot be decrypted, on the thread that polls; must be set.
  // Errors:
  //   not_found      the key is not in the ring
  //   corrupt_data   it was not encrypted by this key, or was altered since
  //   invalid_record it is not encrypted at all
  std::function<Unreadable(const RecordView& record, const Error& why)> on_unreadable{};
  // Take records that are not encrypted for what they are, while producers are being changed over.
  // Whoever can write to the topic can then write anything.
  bool accept_plain = false;
};

// The other end: decrypts and checks the values that polls hand out. Put it first in a consumer's
// list. Any thread.
class Decrypt final : public ConsumerInterceptor {
 public:
  // Error: invalid_argument, naming the option.
  static Result<std::shared_ptr<Decrypt>> make(DecryptOptions options);
  ~Decrypt() override;

  void on_consume(MutableRecords& records) override;

  class Impl;
  explicit Decrypt(std::unique_ptr<Impl> impl);  // `make` is for users

 private:
  const std::unique_ptr<Impl> impl_;
};

}  // namespace ottla::interceptors
