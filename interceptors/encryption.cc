#include "ottla/interceptors/encryption.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "interceptors/headers.h"
#include "interceptors/key_ring.h"
#include "interceptors/sealing.h"

namespace ottla::interceptors {
namespace {

constexpr std::string_view kSealedHeader = "ottla-sealed";
constexpr char kVersion = 1;
constexpr char kTopicBound = 1;
constexpr std::size_t kFixedSize = 2 + kSaltSize;  // version, flags, salt; the key's name follows

// What the header `ottla-sealed` tells.
struct Seal {
  bool topic_bound = true;
  Salt salt{};
  std::string_view key_id;

  Bytes to_bytes() const {
    Bytes bytes{kVersion, topic_bound ? kTopicBound : char{0}};
    bytes.append(salt.begin(), salt.end());
    bytes.append(key_id);
    return bytes;
  }

  static std::optional<Seal> parse(BytesView bytes) {
    if (bytes.size() <= kFixedSize || bytes[0] != kVersion) return std::nullopt;
    if ((bytes[1] & ~kTopicBound) != 0) return std::nullopt;
    Seal seal{.topic_bound = bytes[1] == kTopicBound, .key_id = bytes.substr(kFixedSize)};
    for (std::size_t i = 0; i < kSaltSize; ++i) {
      seal.salt[i] = static_cast<std::uint8_t>(bytes[2 + i]);
    }
    return seal;
  }
};

// What is authenticated beside the value; each part behind its length.
Bytes authenticated(BytesView seal, bool topic_bound, std::string_view topic, BytesView key) {
  Bytes bytes;
  const auto add = [&bytes](BytesView part) {
    for (std::size_t i = 0, size = part.size(); i < 8; ++i, size >>= 8) {
      bytes += static_cast<char>(size & 0xff);
    }
    bytes += part;
  };
  add(seal);
  add(topic_bound ? topic : std::string_view());
  bytes += is_null(key) ? '\0' : '\1';
  add(key);
  return bytes;
}

bool concerns(const std::set<std::string, std::less<>>& topics, std::string_view topic) {
  return topics.empty() || topics.contains(topic);
}

Error cannot_seal(std::string_view topic, const std::string& why) {
  return Error(ErrorCode::serialization_failed, "the value cannot be encrypted: " + why,
               {.topic = std::string(topic)});
}

Error said_of(const RecordView& record, ErrorCode code, std::string message) {
  return Error(code, std::move(message),
               {.topic = std::string(record.topic()),
                .partition = record.partition(),
                .offset = record.offset()});
}

}  // namespace

class Encrypt::Impl {
 public:
  explicit Impl(EncryptOptions options) : options_(std::move(options)) {}

  void on_send(MutableRecord& record) {
    if (is_null(record.value()) || !concerns(options_.topics, record.topic())) return;
    try {
      if (auto failed = encrypt(record)) record.reject(std::move(*failed));
    } catch (...) {
      // What throws is skipped, and the record would be sent as it is.
      record.reject(cannot_seal(record.topic(), "out of memory"));
    }
  }

 private:
  // A key of this object alone, derived from one of the ring's.
  struct Derived {
    std::uint64_t removals = 0;
    std::string id;
    Salt salt{};
    SecretKey key;
    std::atomic<std::uint64_t> next_nonce{0};
  };

  std::optional<Error> encrypt(MutableRecord& record) {
    const auto derived = current();
    if (!derived) return cannot_seal(record.topic(), "there is no key to encrypt with");
    const auto header =
        Seal{.topic_bound = options_.bind_topic, .salt = derived->salt, .key_id = derived->id}
            .to_bytes();
    const auto value = seal(
        derived->key, derived->next_nonce.fetch_add(1, std::memory_order_relaxed), record.value(),
        authenticated(header, options_.bind_topic, record.topic(), record.key()));
    if (!value) return cannot_seal(record.topic(), "OpenSSL refused");
    record.set_value(*value);
    record.set_headers(replaced(record.headers(), kSealedHeader, header));
    return std::nullopt;
  }

  // Null if there is none, or none can be derived.
  std::shared_ptr<Derived> current() {
    const auto& ring = options_.keys->impl();
    const std::lock_guard lock(mutex_);
    const auto removals = ring.removals();
    if (derived_ && derived_->removals == removals && derived_->id == ring.current_id()) {
      return derived_;
    }
    const auto key = ring.current();
    const auto salt = random_salt();
    if (!key || !salt) return nullptr;
    const auto own = derive_key(key->second, *salt);
    if (!own) return nullptr;
    derived_ = std::make_shared<Derived>();
    derived_->removals = removals;
    derived_->id = key->first;
    derived_->salt = *salt;
    derived_->key = *own;
    return derived_;
  }

  const EncryptOptions options_;
  std::mutex mutex_;
  std::shared_ptr<Derived> derived_;  // guarded by mutex_
};

Result<std::shared_ptr<Encrypt>> Encrypt::make(EncryptOptions options) {
  if (!options.keys) return Error(ErrorCode::invalid_argument, "keys must be set");
  return std::make_shared<Encrypt>(std::make_unique<Impl>(std::move(options)));
}

Encrypt::Encrypt(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Encrypt::~Encrypt() = default;

void Encrypt::on_send(MutableRecord& record) {
  impl_->on_send(record);
}

class Decrypt::Impl {
 public:
  explicit Impl(DecryptOptions options) : options_(std::move(options)) {}

  void on_consume(MutableRecords& records) {
    std::set<std::pair<TopicPartition, std::int64_t>> left_out;
    for (std::size_t i = 0; i < records.size(); ++i) {
      const auto& record = records[i];
      if (!record.has_value() || !concerns(options_.topics, record.topic())) continue;
      const auto header = record.header(kSealedHeader);
      if (!header && options_.accept_plain) continue;
      auto plain = decrypt(record, header);
      if (plain) {
        records.set_value(i, *plain);
      } else if (asked(record, plain.error()) == Unreadable::leave_out) {
        left_out.insert({{std::string(record.topic()), record.partition()}, record.offset()});
      }
    }
    if (left_out.empty()) return;
    records.remove_if([&](const RecordView& record) {
      return left_out.contains(
          {{std::string(record.topic()), record.partition()}, record.offset()});
    });
  }

 private:
  Result<Bytes> decrypt(const RecordView& record, std::optional<BytesView> header) {
    if (!header) return said_of(record, ErrorCode::invalid_record, "the value is not encrypted");
    const auto read = is_null(*header) ? std::nullopt : Seal::parse(*header);
    if (!read) {
      return said_of(record, ErrorCode::corrupt_data, "the header ottla-sealed is malformed");
    }
    const auto key = key_of(*read);
    if (!key) {
      return said_of(record, ErrorCode::not_found,
                     "it is encrypted with key '" + std::string(read->key_id) +
                         "', which the ring does not have");
    }
    auto plain = unseal(*key, record.value(),
                        authenticated(*header, read->topic_bound, record.topic(), record.key()));
    if (plain) return std::move(*plain);
    return said_of(record, ErrorCode::corrupt_data,
                   "the value, the key or the header was altered, or the record comes from another "
                   "topic");
  }

  // One that throws has not said that anybody may see it.
  Unreadable asked(const RecordView& record, const Error& why) const {
    try {
      return options_.on_unreadable(record, why);
    } catch (...) {
      return Unreadable::leave_out;
    }
  }

  // Keys are removed from rings, so the ring is asked each time; what was derived is kept.
  std::optional<SecretKey> key_of(const Seal& seal) {
    const auto& ring = options_.keys->impl();
    const std::lock_guard lock(mutex_);
    if (std::exchange(removals_, ring.removals()) != removals_) derived_.clear();
    const auto key = ring.find(seal.key_id);
    if (!key) return std::nullopt;
    std::pair<std::string, Salt> name(seal.key_id, seal.salt);
    if (const auto found = derived_.find(name); found != derived_.end()) return found->second;
    const auto derived = derive_key(*key, seal.salt);
    if (!derived) return std::nullopt;
    // One for each producer that wrote lately; whoever invents salts makes us derive again.
    if (derived_.size() >= kMostDerived) derived_.clear();
    derived_.emplace(std::move(name), *derived);
    return derived;
  }

  static constexpr std::size_t kMostDerived = 1000;

  const DecryptOptions options_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::map<std::pair<std::string, Salt>, SecretKey> derived_;
  std::uint64_t removals_ = 0;
};

Result<std::shared_ptr<Decrypt>> Decrypt::make(DecryptOptions options) {
  if (!options.keys) return Error(ErrorCode::invalid_argument, "keys must be set");
  if (!options.on_unreadable) {
    return Error(ErrorCode::invalid_argument,
                 "on_unreadable must be set: it says what becomes of a record that cannot be "
                 "decrypted");
  }
  return std::make_shared<Decrypt>(std::make_unique<Impl>(std::move(options)));
}

Decrypt::Decrypt(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Decrypt::~Decrypt() = default;

void Decrypt::on_consume(MutableRecords& records) {
  impl_->on_consume(records);
}

}  // namespace ottla::interceptors
