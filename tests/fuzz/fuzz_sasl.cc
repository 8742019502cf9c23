#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/metadata/metadata_delta.h"
#include "broker/security/sasl_session.h"
#include "protocol/sasl/jaas_config.h"
#include "protocol/sasl/oauthbearer.h"
#include "protocol/sasl/plain.h"
#include "protocol/sasl/sasl_name.h"
#include "protocol/sasl/scram.h"
#include "tests/fuzz/fuzz_target.h"

// Any bytes as what the other side of a login says: to a broker by each mechanism, to a client of
// SCRAM, and as the texts that are behind them. The first byte says which; 0xff stands between
// messages. What only somebody in the exchange can know stands in for itself: '%' is the nonce that
// was told last, '~' alone the last message of a client who knows the password.
namespace ottla::fuzz {
namespace {

using namespace ottla::broker;  // NOLINT: a fuzz target

constexpr std::array<std::string_view, 4> kMechanisms = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512",
                                                         "OAUTHBEARER"};
constexpr std::string_view kUser = "alice";
constexpr std::string_view kPassword = "wonder";
constexpr std::int64_t kSeconds = 1'800'000'000;

const std::string& salted(ScramMechanism mechanism) {
  static const std::string sha_256 =
      protocol::salt_password(ScramMechanism::sha_256, kPassword, "salt", 4096);
  static const std::string sha_512 =
      protocol::salt_password(ScramMechanism::sha_512, kPassword, "salt", 4096);
  return mechanism == ScramMechanism::sha_256 ? sha_256 : sha_512;
}

struct World {
  ListenerSasl listener;
  std::shared_ptr<const MetadataImage> image = MetadataImage::empty("cluster");

  World() {
    for (const auto name : kMechanisms) listener.mechanisms[std::string(name)] = {};
    listener.mechanisms["PLAIN"].passwords[std::string(kUser)] = kPassword;
    listener.mechanisms["PLAIN"].max_reauth_ms = 1000;
    MetadataDelta delta(image);
    for (const auto mechanism : {ScramMechanism::sha_256, ScramMechanism::sha_512}) {
      const auto made = protocol::make_scram_credential(mechanism, salted(mechanism), "salt", 4096);
      UserScramCredentialRecord record;
      record.name = kUser;
      record.mechanism = static_cast<std::int8_t>(mechanism);
      record.salt.view = made.salt;
      record.stored_key.view = made.stored_key;
      record.server_key.view = made.server_key;
      record.iterations = made.iterations;
      OTTLA_ASSERT(delta.apply(record), "a credential is taken");
    }
    image = delta.image(protocol::Offset(1), 1);
  }
};

const World& world() {
  static const World made;
  return made;
}

std::vector<std::string> messages_in(BytesView body) {
  std::vector<std::string> messages;
  for (;;) {
    const auto end = body.find('\xff');
    messages.emplace_back(body.substr(0, end));
    if (end == BytesView::npos) return messages;
    body.remove_prefix(end + 1);
  }
}

std::string with_nonce(const std::string& message, std::string_view nonce) {
  std::string text;
  for (const char c : message) {
    if (c == '%') {
      text += nonce;
    } else {
      text += c;
    }
  }
  return text;
}

std::string nonce_in(const std::string& server_first) {
  const auto begin = server_first.find("r=");
  if (begin == std::string::npos) return {};
  return server_first.substr(begin + 2, server_first.find(',', begin) - begin - 2);
}

// A login, and another on top of it; who does not know the password is not let in.
void serve(std::string_view mechanism, const std::vector<std::string>& messages) {
  SaslSession session(world().listener);
  const SaslSession::Now now{.time = {}, .seconds = kSeconds};
  if (!session.on_handshake(mechanism)) return;
  const auto scram = parse_scram_mechanism(mechanism);
  std::optional<protocol::ScramClient> client;
  std::string nonce;
  bool knows_it = false;
  for (const auto& each : messages) {
    auto message = with_nonce(each, nonce);
    if (each == "~" && client) {
      message = client->final_message(salted(*scram));
      client.reset();
      knows_it = true;
    }
    const auto answer = session.on_authenticate(message, *world().image, now);
    if (!answer && answer.error().code() == ErrorCode::illegal_sasl_state) {
      if (!session.on_handshake(mechanism)) return;
      continue;
    }
    OTTLA_ASSERT(answer.has_value() != session.failed(), "what fails is over");
    if (!answer) break;
    nonce = nonce_in(answer->bytes);
    if (scram && !client && !session.authenticated()) {
      client.emplace(*scram, kUser, "nonce");
      if (message != client->first_message() || !client->on_server_first(answer->bytes)) {
        client.reset();
      }
    }
    knows_it =
        knows_it || (mechanism == protocol::kPlain && message.find(kPassword) != std::string::npos);
    if (!session.authenticated()) continue;
    OTTLA_ASSERT(knows_it, "who does not know the password is not let in");
    OTTLA_ASSERT(session.principal()->name == kUser, "one is who one has proved to be");
  }
  if (!session.failed()) return;
  for (const auto api : {ApiKey::sasl_handshake, ApiKey::sasl_authenticate, ApiKey::metadata}) {
    OTTLA_ASSERT(!session.admit(api, {}), "nothing more is admitted");
  }
}

// Nobody who does not know the user can sign as the server does.
void connect(ScramMechanism mechanism, const std::vector<std::string>& messages) {
  protocol::ScramClient client(mechanism, kUser, "nonce");
  (void)client.first_message();
  if (!client.on_server_first(with_nonce(messages[0], "nonce"))) return;
  OTTLA_ASSERT(client.iterations() >= protocol::kLeastScramIterations &&
                   client.iterations() <= protocol::kMostScramWork,
               "a client's work is bounded");
  (void)client.final_message(salted(mechanism));
  if (messages.size() < 2) return;
  OTTLA_ASSERT(!client.on_server_final(messages[1]), "a server has to prove itself");
}

void read(BytesView body) {
  if (const auto parsed = protocol::parse_oauthbearer(body)) {
    const auto again = protocol::parse_oauthbearer(protocol::encode_oauthbearer(*parsed));
    OTTLA_ASSERT(again && *again == *parsed, "a message of OAUTHBEARER reads back as it was");
  }
  if (const auto parsed = protocol::parse_plain(body)) {
    OTTLA_ASSERT(!parsed->user.empty() && !parsed->password.empty(), "nobody is no user");
    const auto again = protocol::parse_plain(protocol::encode_plain(*parsed));
    OTTLA_ASSERT(again && again->user == parsed->user && again->password == parsed->password,
                 "a message of PLAIN reads back as it was");
  }
  if (body.find('\0') == BytesView::npos) {
    OTTLA_ASSERT(protocol::from_sasl_name(protocol::to_sasl_name(body)) == body,
                 "a name reads back as it was");
  }
  if (const auto name = protocol::from_sasl_name(body)) {
    OTTLA_ASSERT(name->size() <= body.size(), "a name does not grow");
  }
}

std::string quoted(std::string_view text) {
  std::string written = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') written += '\\';
    written += c;
  }
  return written + '"';
}

// Every option is there to be found, and so is what was written of it.
void read_jaas(BytesView body) {
  const auto parsed = protocol::parse_jaas_config(body);
  if (!parsed) return;
  auto written = quoted(parsed->login_module) + " required";
  for (const auto& [name, value] : parsed->options) {
    OTTLA_ASSERT(parsed->find(name) != nullptr, "an option is found by its name");
    written += " " + quoted(name) + "=" + quoted(value);
  }
  // A quoted string ends with its line.
  if (written.find('\n') != std::string::npos) return;
  const auto again = protocol::parse_jaas_config(written + ";");
  OTTLA_ASSERT(again && *again == *parsed, "an entry reads back as it was");
}

}  // namespace

std::vector<std::string> seeds() {
  using namespace std::string_literals;
  return {"\0\0alice\0wonder"s,
          "\0\0alice\0wrong"s,
          "\0\0alice\0wonder\xff.\xff\0alice\0wonder"s,
          "\1n,,n=alice,r=nonce\xff~"s,
          "\1n,,n=alice,r=nonce\xff"
          "c=biws,r=%,p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="s,
          "\2n,,n=nobody,r=nonce\xff"
          "c=biws,r=%,p=AAAA"s,
          "\2n,a=alice,n=alice,r=nonce\xff~"s,
          "\3n,a=alice,\1auth=Bearer a.b.c\1host=h\1\1\xff\1"s,
          "\4r=%theirs,s=c2FsdA==,i=4096\xffv=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="s,
          "\5r=%theirs,s=c2FsdA==,i=8192\xff"
          "e=invalid-proof"s,
          "\6n,,\1auth=Bearer a.b.c\1key=value\1\1"s,
          "\6\0alice\0wonder"s,
          "\6=3Da=2Cb"s,
          "\7org.apache.kafka.common.security.scram.ScramLoginModule required username=\"a\\\"b\" "
          "password=\"p\"; // more\n/* x */"s};
}

}  // namespace ottla::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ottla;  // NOLINT: a fuzz target
  const auto input = fuzz::begin(data, size);
  if (input.empty()) return 0;
  const auto body = input.substr(1);
  const std::size_t kind = data[0] % 8;
  if (kind < 4) {
    fuzz::serve(fuzz::kMechanisms[kind], fuzz::messages_in(body));
  } else if (kind < 6) {
    fuzz::connect(kind == 4 ? ScramMechanism::sha_256 : ScramMechanism::sha_512,
                  fuzz::messages_in(body));
  } else if (kind == 6) {
    fuzz::read(body);
  } else {
    fuzz::read_jaas(body);
  }
  return 0;
}
