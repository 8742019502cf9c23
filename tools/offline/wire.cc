#include <cctype>
#include <iostream>
#include <iterator>
#include <string>

#include "protocol/wire/api.h"
#include "protocol/wire/wire_tool.h"
#include "tools/command.h"
#include "tools/flags.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "wire";

struct Flags {
  std::string api;
  int version = -1;
  bool request = false;
  bool response = false;

  void add_to(CLI::App& app) {
    app.add_option("--api", api, "its name, for example Fetch")->required();
    app.add_option("--version", version, "the version of the API")->required();
    auto* side = app.add_option_group("side");
    side->add_flag("--request", request, "the message is a request");
    side->add_flag("--response", response, "the message is a response");
    side->require_option(1);
  }
};

std::string read_stdin() {
  return {std::istreambuf_iterator<char>(std::cin), {}};
}

// Hex digits with any white space between them.
Result<Bytes> parse_hex(const std::string& text) {
  Bytes bytes;
  int high = -1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (std::isspace(c) != 0) continue;
    if (std::isxdigit(c) == 0) {
      return Error(ErrorCode::invalid_argument,
                   "character " + std::to_string(i + 1) + " of the input is no hexadecimal digit");
    }
    const int digit = std::isdigit(c) != 0 ? c - '0' : std::tolower(c) - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      bytes += static_cast<char>(high * 16 + digit);
      high = -1;
    }
  }
  if (high >= 0) {
    return Error(ErrorCode::invalid_argument, "the input has an odd number of digits");
  }
  return bytes;
}

std::string to_hex(BytesView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

Result<std::string> convert(const Flags& flags, bool decode) {
  const auto* api = protocol::find_api(std::string_view(flags.api));
  if (api == nullptr || !api->has_messages()) {
    std::string known;
    for (const auto& one : protocol::kApis) {
      if (one.has_messages()) known += (known.empty() ? "" : ", ") + std::string(one.name);
    }
    return Error(ErrorCode::invalid_argument,
                 "no messages of an API '" + flags.api + "' are known; there are " + known);
  }
  if (!api->has_version(flags.version)) {
    return Error(ErrorCode::unsupported_version, flags.api + " has versions " +
                                                     std::to_string(api->min) + " to " +
                                                     std::to_string(api->max) + " here");
  }
  const auto version = static_cast<std::int16_t>(flags.version);
  const auto side = flags.request ? protocol::Side::request : protocol::Side::response;
  if (!decode) {
    auto bytes = protocol::encode_from_json(api->key, side, version, read_stdin());
    if (!bytes) return bytes.error();
    return to_hex(*bytes);
  }
  const auto bytes = parse_hex(read_stdin());
  if (!bytes) return bytes.error();
  return protocol::decode_to_json(api->key, side, version, *bytes);
}

}  // namespace

int run_wire(const Arguments& arguments) {
  Flags flags;
  CLI::App app(
      "Turns the body of a message (without size and header) from hex on stdin into JSON on "
      "stdout, and back.",
      "ottla wire");
  app.require_subcommand(1);
  auto* decode = app.add_subcommand("decode", "hex on stdin, JSON on stdout");
  auto* encode = app.add_subcommand("encode", "JSON on stdin, hex on stdout");
  flags.add_to(*decode);
  flags.add_to(*encode);
  if (const auto code = parse_flags(app, arguments)) return *code;
  const auto converted = convert(flags, decode->parsed());
  if (!converted) return fail(kName, converted.error());
  std::cout << *converted << '\n';
  return kSuccess;
}

}  // namespace ottla::tools
