#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/crypto/base64_url.h"
#include "base/crypto/secrets.h"
#include "broker/security/jwk_set.h"
#include "broker/security/jwt_verifier.h"
#include "tests/tls/token_issuer.h"

namespace ottla::broker {
namespace {

using base::to_base64_url;
using tls_test::TokenIssuer;

constexpr std::int64_t kNow = 1'800'000'000;

// Making keys is slow.
const TokenIssuer& issuer() {
  static const TokenIssuer made;
  return made;
}
const TokenIssuer& stranger() {
  static const TokenIssuer made;
  return made;
}

std::string document(const std::vector<std::string>& keys) {
  std::string text = "{\"keys\":[";
  for (const auto& key : keys) text.append(text.back() == '[' ? "" : ",").append(key);
  return text + "]}";
}

JwtVerifier verifier(JwtExpectations expected = {.issuer = "https://id.example.org",
                                                 .audiences = {"kafka", "ottla"}}) {
  auto keys = JwkSet::parse(document({issuer().rsa_jwk("r"), issuer().p256_jwk("e")}));
  EXPECT_TRUE(keys) << keys.error();
  auto made = JwtVerifier::make(std::move(expected), *std::move(keys));
  EXPECT_TRUE(made) << made.error();
  return *std::move(made);
}

const std::string kRsa = R"({"alg":"RS256","kid":"r","typ":"JWT"})";
const std::string kEc = R"({"alg":"ES256","kid":"e"})";

// Claims that are in order, but for `changes`: name and JSON, none of "" .
std::string claims(const std::vector<std::pair<std::string, std::string>>& changes = {}) {
  std::vector<std::pair<std::string, std::string>> all = {{"iss", "\"https://id.example.org\""},
                                                          {"aud", "\"kafka\""},
                                                          {"sub", "\"alice\""},
                                                          {"exp", "1800000600"},
                                                          {"nbf", "1799999990"},
                                                          {"iat", "1799999990"}};
  for (const auto& [name, value] : changes) {
    std::erase_if(all, [&name = name](const auto& each) { return each.first == name; });
    if (!value.empty()) all.emplace_back(name, value);
  }
  std::string text = "{";
  for (const auto& [name, value] : all) {
    text.append(text.size() == 1 ? "" : ",").append("\"" + name + "\":" + value);
  }
  return text + "}";
}

std::string refusal(const std::string& token) {
  const auto identity = verifier().verify(token, kNow);
  if (identity) return "taken";
  EXPECT_EQ(identity.error().code(), ErrorCode::sasl_authentication_failed);
  EXPECT_EQ(identity.error().message().find("alice"), std::string::npos);
  return identity.error().message();
}

// A token whose claims are `changed`, signed as it should be.
std::string refusal_of(const std::vector<std::pair<std::string, std::string>>& changed) {
  return refusal(issuer().token(kRsa, claims(changed)));
}

std::string refusal_of_header(const std::string& header) {
  return refusal(issuer().token(header, claims()));
}

TEST(JwtVerifier, takes_a_token_of_either_kind_of_key) {
  const JwtIdentity alice{.user = "alice", .expires_at_seconds = 1'800'000'600};
  for (const auto& header : {kRsa, kEc}) {
    const auto identity = verifier().verify(issuer().token(header, claims()), kNow);
    ASSERT_TRUE(identity) << identity.error();
    EXPECT_EQ(*identity, alice);
  }
}

TEST(JwtVerifier, takes_what_may_be) {
  using Changes = std::vector<std::pair<std::string, std::string>>;
  for (const auto& changes :
       {Changes{{"aud", R"(["else","ottla"])"}}, Changes{{"nbf", ""}, {"iat", ""}},
        Changes{{"exp", "1800000600.5"}}, Changes{{"nbf", "1800000030"}},
        Changes{{"exp", "1799999971"}}, Changes{{"realm", R"({"roles":["a","b"],"n":1.5e3})"}}}) {
    const auto identity = verifier().verify(issuer().token(kRsa, claims(changes)), kNow);
    EXPECT_TRUE(identity) << claims(changes) << ": " << identity.error();
  }
  const auto typed = R"({"alg":"RS256","kid":"r","typ":"at+jwt","x5t":"abc"})";
  EXPECT_TRUE(verifier().verify(issuer().token(typed, claims()), kNow));
}

TEST(JwtVerifier, takes_claims_of_so_many_values_at_most) {
  const auto roles = [](int count) {
    std::string text = "[0";
    for (int i = 1; i < count; ++i) text += ",0";
    return text + "]";
  };
  EXPECT_EQ(refusal_of({{"roles", roles(240)}}), "taken");
  EXPECT_EQ(refusal_of({{"roles", roles(256)}}),
            "the token claims cannot be read: it has too many values");
}

TEST(JwtVerifier, the_user_may_stand_in_another_claim) {
  const auto other = verifier(
      {.issuer = "https://id.example.org", .audiences = {"kafka"}, .principal_claim = "client_id"});
  const auto token = issuer().token(kRsa, claims({{"client_id", "\"billing\""}}));
  EXPECT_EQ(other.verify(token, kNow).value().user, "billing");
  EXPECT_FALSE(other.verify(issuer().token(kRsa, claims()), kNow));
}

// CVE-2026-33557 and every other way to sign a token with no key.
TEST(JwtVerifier, refuses_what_nobody_has_signed) {
  const std::string unsigned_header = R"({"alg":"none","kid":"r"})";
  const auto bare = to_base64_url(unsigned_header) + "." + to_base64_url(claims()) + ".";
  EXPECT_EQ(refusal(bare), "the token is not signed by RS256 or ES256");
  for (const auto* name : {"None", "NONE", "nOnE", "", "HS256", "HS512", "PS256", "RS1", "RS384",
                           "RS512", "ES384", "ES256K", "EdDSA", "rs256", "RS256 "}) {
    EXPECT_EQ(refusal_of_header(R"({"kid":"r","alg":")" + std::string(name) + "\"}"),
              "the token is not signed by RS256 or ES256")
        << name;
  }
  for (const auto* alg : {"null", "1", "[\"RS256\"]", "{}", "true"}) {
    EXPECT_EQ(refusal_of_header(R"({"kid":"r","alg":)" + std::string(alg) + "}"),
              "the token is not signed by RS256 or ES256");
  }
  EXPECT_EQ(refusal_of_header(R"({"kid":"r"})"), "the token is not signed by RS256 or ES256");
}

TEST(JwtVerifier, refuses_a_signature_of_another_key) {
  EXPECT_EQ(refusal(stranger().token(kRsa, claims())), "the token is not signed by its key");
  EXPECT_EQ(refusal(stranger().token(kEc, claims())), "the token is not signed by its key");
}

TEST(JwtVerifier, refuses_a_key_of_the_other_algorithm) {
  EXPECT_EQ(refusal_of_header(R"({"alg":"RS256","kid":"e"})"),
            "the token is signed by a key that is not known (kid)");
  EXPECT_EQ(refusal_of_header(R"({"alg":"ES256","kid":"r"})"),
            "the token is signed by a key that is not known (kid)");
}

// The public key is no secret: an HMAC with it proves nothing.
TEST(JwtVerifier, refuses_an_hmac_with_the_public_key) {
  const auto message =
      to_base64_url(R"({"alg":"HS256","kid":"r"})") + "." + to_base64_url(claims());
  const auto mac = base::hmac(base::Hash::sha_256, issuer().rsa_jwk("r"), message);
  EXPECT_EQ(refusal(message + "." + to_base64_url(mac)),
            "the token is not signed by RS256 or ES256");
}

TEST(JwtVerifier, does_not_believe_what_a_token_says_of_its_key) {
  for (const std::string& key :
       {"\"jwk\":" + stranger().rsa_jwk("r"), std::string(R"("jku":"https://evil.example.org")"),
        std::string(R"("x5u":"https://evil.example.org")"), std::string(R"("x5c":["AAAA"])")}) {
    const auto header = R"({"alg":"RS256","kid":"r",)" + key + "}";
    EXPECT_EQ(refusal(stranger().token(header, claims())), "the token is not signed by its key");
  }
}

TEST(JwtVerifier, refuses_a_kid_that_is_none) {
  const auto* const unknown = "the token is signed by a key that is not known (kid)";
  EXPECT_EQ(refusal_of_header(R"({"alg":"RS256","kid":"x"})"), unknown);
  EXPECT_EQ(refusal_of_header(R"({"alg":"RS256","kid":""})"), unknown);
  EXPECT_EQ(refusal_of_header(R"({"alg":"RS256","kid":"../../dev/null"})"), unknown);
  EXPECT_EQ(refusal_of_header(R"({"alg":"RS256","kid":"r\u0000"})"), unknown);
  const auto* const missing = "the token does not say by which key it is signed (kid)";
  EXPECT_EQ(refusal_of_header(R"({"alg":"RS256"})"), missing);
  EXPECT_EQ(refusal_of_header(R"({"alg":"RS256","kid":1})"), missing);
  EXPECT_EQ(refusal_of_header(R"({"alg":"RS256","kid":null})"), missing);
}

TEST(JwtVerifier, refuses_what_it_is_told_to_understand_and_does_not) {
  EXPECT_EQ(refusal_of_header(R"({"alg":"RS256","kid":"r","crit":["b64"],"b64":false})"),
            "the token wants what is not known here (crit)");
  EXPECT_EQ(refusal_of_header(R"({"alg":"RS256","kid":"r","typ":"dpop+jwt"})"),
            "the token is of another type (typ)");
  EXPECT_EQ(refusal_of_header(R"({"alg":"RS256","kid":"r","typ":7})"),
            "the token is of another type (typ)");
}

TEST(JwtVerifier, refuses_a_token_that_was_changed) {
  const auto good = issuer().token(kRsa, claims());
  const auto other = issuer().token(kRsa, claims({{"sub", "\"root\""}}));
  const auto first = good.find('.');
  const auto last = good.rfind('.');
  EXPECT_EQ(refusal(other.substr(0, other.rfind('.')) + good.substr(last)),
            "the token is not signed by its key");
  EXPECT_EQ(
      refusal(to_base64_url(R"({"alg":"RS256", "kid":"r","typ":"JWT"})") + good.substr(first)),
      "the token is not signed by its key");
  EXPECT_EQ(refusal(good.substr(0, last + 1)), "the token is not signed by its key");
}

TEST(JwtVerifier, refuses_a_signature_of_the_wrong_form) {
  const auto message = to_base64_url(kEc) + "." + to_base64_url(claims());
  const auto right = issuer().p256_signature(message);
  const std::string zeros(64, '\0');
  // CVE-2022-21449: numbers of zero.
  for (const auto& signature :
       {zeros, zeros.substr(32) + right.substr(32), right.substr(0, 32) + zeros.substr(32),
        right.substr(0, 63), right + '\0', std::string(), right + right}) {
    EXPECT_EQ(refusal(message + "." + to_base64_url(signature)),
              "the token is not signed by its key");
  }
  EXPECT_EQ(refusal(message + "." + to_base64_url(right)), "taken");
}

TEST(JwtVerifier, refuses_what_has_not_three_parts) {
  const auto good = issuer().token(kRsa, claims());
  const auto* const parts = "the token is not signed as a JWT is: it does not have three parts";
  for (const auto& token :
       {std::string(), std::string("."), std::string("a"), good.substr(0, good.rfind('.')),
        good + ".x", good + ".", "." + good, std::string("....")}) {
    EXPECT_EQ(refusal(token), parts) << token;
  }
}

TEST(JwtVerifier, refuses_base64_that_is_another_or_none) {
  const auto good = issuer().token(kRsa, claims());
  for (const auto* junk : {"=", " ", "\n", "+", "/", "%", "A"}) {
    EXPECT_NE(refusal(junk + good), "taken") << junk;
    EXPECT_NE(refusal(good + junk), "taken") << junk;
  }
  EXPECT_EQ(refusal("=" + good), "the token header is not base64url");
  EXPECT_EQ(refusal(good + "="), "the token signature is not base64url");
}

TEST(JwtVerifier, refuses_what_is_too_large_before_it_looks_at_it) {
  EXPECT_EQ(refusal(std::string(JwtVerifier::kMostBytes + 1, '.')), "the token is too large");
  EXPECT_EQ(refusal_of_header(R"({"alg":"RS256","kid":"r","x":")" + std::string(5000, 'x') + "\"}"),
            "the token header is too large");
}

TEST(JwtVerifier, refuses_json_that_can_be_read_in_two_ways_or_none) {
  for (const auto* header :
       {R"({"alg":"none","alg":"RS256","kid":"r"})", R"({"alg":"RS256","kid":"x","kid":"r"})",
        R"({"alg":"RS256","\u0061lg":"RS256","kid":"r"})", R"({"alg":"RS256","kid":"r"}{})",
        R"({"alg":"RS256","kid":"r",})", R"({'alg':'RS256','kid':'r'})", R"(["RS256"])", "null", "",
        R"({"alg":"RS256","kid":"r)", "{\"alg\":\"RS256\",\"kid\":\"r\xff\"}",
        "{\"alg\":\"RS256\",\"kid\":\"r\xc0\xaf\"}", R"({"alg":"RS256","kid":"r\ud800"})",
        R"({"alg":"RS256","kid":"r","n":01})", R"({"alg":"RS256","kid":"r","n":1e999})",
        R"({"alg":"RS256","kid":"r","n":[[[[[[[[[[1]]]]]]]]]]})", "\xef\xbb\xbf{}"}) {
    EXPECT_NE(refusal_of_header(header).find("the token header cannot be read"), std::string::npos)
        << header << ": " << refusal_of_header(header);
  }
  const auto twice = claims().substr(0, claims().size() - 1) + R"(,"sub":"root"})";
  EXPECT_EQ(refusal(issuer().token(kRsa, twice)),
            "the token claims cannot be read: a name stands twice in an object");
  for (const auto* text : {"", "[]", "alice", "{\"sub\":\"alice\"", "{} {}"}) {
    EXPECT_NE(refusal(issuer().token(kRsa, text)).find("cannot be read"), std::string::npos)
        << text;
  }
}

TEST(JwtVerifier, refuses_another_issuer) {
  for (const auto* iss : {"", "\"https://id.example.org/\"", "\"https://id.example.or\"", "\"\"",
                          "\"HTTPS://ID.EXAMPLE.ORG\"", "null", "[\"https://id.example.org\"]"}) {
    EXPECT_EQ(refusal_of({{"iss", iss}}), "the token is of another issuer (iss)") << iss;
  }
}

TEST(JwtVerifier, refuses_what_is_for_somebody_else) {
  for (const auto* aud :
       {"", "\"\"", "\"kafka2\"", "\"Kafka\"", "\"kafk\"", "[]", "[\"a\",\"b\"]", "[[\"kafka\"]]",
        "{\"kafka\":\"kafka\"}", "null", "1", "[null]", "\"kafka ottla\""}) {
    EXPECT_EQ(refusal_of({{"aud", aud}}), "the token is for somebody else (aud)") << aud;
  }
}

TEST(JwtVerifier, refuses_what_has_expired_or_never_does) {
  for (const auto* exp : {"1799999970", "1799999969", "0", "-1"}) {
    EXPECT_EQ(refusal_of({{"exp", exp}}), "the token has expired (exp)") << exp;
  }
  for (const auto* exp : {"", "\"1800000600\"", "null", "true", "[1800000600]"}) {
    EXPECT_EQ(refusal_of({{"exp", exp}}), "the token does not say when it expires (exp)") << exp;
  }
  EXPECT_NE(refusal_of({{"exp", "9223372036854775808"}}), "taken");
  EXPECT_NE(refusal_of({{"exp", "1e400"}}), "taken");
}

TEST(JwtVerifier, refuses_what_is_not_valid_yet) {
  EXPECT_EQ(refusal_of({{"nbf", "1800000031"}}), "the token is not valid yet (nbf)");
  EXPECT_EQ(refusal_of({{"iat", "1800000031"}}), "the token is not valid yet (iat)");
  EXPECT_EQ(refusal_of({{"nbf", "\"1\""}}), "the token has no time in nbf");
  EXPECT_EQ(refusal_of({{"iat", "null"}}), "the token has no time in iat");
}

TEST(JwtVerifier, refuses_a_user_who_is_none) {
  for (const std::string& sub :
       {std::string(), std::string("\"\""), std::string("null"), std::string("7"),
        std::string("[\"alice\"]"), std::string(R"("al\u0000ice")"), std::string(R"("al\nice")"),
        "\"" + std::string(256, 'a') + "\""}) {
    EXPECT_EQ(refusal_of({{"sub", sub}}), "the token does not say who the user is (sub)") << sub;
  }
}

TEST(JwtVerifier, is_not_made_for_every_issuer_or_audience) {
  for (const auto& expected :
       {JwtExpectations{.issuer = "", .audiences = {"kafka"}},
        JwtExpectations{.issuer = "x", .audiences = {}},
        JwtExpectations{.issuer = "x", .audiences = {""}},
        JwtExpectations{.issuer = "x", .audiences = {"kafka"}, .principal_claim = ""}}) {
    auto keys = JwkSet::parse(document({issuer().rsa_jwk("r")}));
    ASSERT_TRUE(keys);
    const auto made = JwtVerifier::make(expected, *std::move(keys));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), ErrorCode::invalid_config);
  }
}

std::string refusal_of_keys(const std::string& text) {
  const auto keys = JwkSet::parse(text);
  if (keys) return "taken";
  EXPECT_EQ(keys.error().code(), ErrorCode::invalid_config);
  return keys.error().message();
}

TEST(JwkSet, has_the_keys_that_signatures_are_checked_with) {
  const auto keys = JwkSet::parse(document(
      {issuer().rsa_jwk("a", R"("use":"sig","alg":"RS256")"), issuer().p256_jwk("b"),
       issuer().rsa_jwk("c", R"("key_ops":["verify"])"), issuer().rsa_jwk("d", R"("use":"enc")"),
       issuer().rsa_jwk("e", R"("alg":"RS512")"), issuer().rsa_jwk("f", R"("key_ops":["wrapKey"])"),
       R"({"kty":"OKP","crv":"Ed25519","kid":"g","x":"AA"})",
       R"({"kty":"EC","crv":"P-384","kid":"h"})"}));
  ASSERT_TRUE(keys) << keys.error();
  EXPECT_EQ(keys->size(), 3U);
  EXPECT_NE(keys->find("a", "RS256"), nullptr);
  EXPECT_NE(keys->find("b", "ES256"), nullptr);
  EXPECT_EQ(keys->find("a", "ES256"), nullptr);
  EXPECT_EQ(keys->find("d", "RS256"), nullptr);
}

// CVE-2026-110985: without keys nothing is checked, so there must be some.
TEST(JwkSet, is_not_read_from_what_has_no_keys) {
  EXPECT_EQ(refusal_of_keys(document({})), "the keys of tokens: none is for RS256 or ES256");
  EXPECT_EQ(refusal_of_keys("{}"), "the keys of tokens: there is no list \"keys\"");
  EXPECT_EQ(refusal_of_keys(R"({"keys":{}})"), "the keys of tokens: there is no list \"keys\"");
  EXPECT_EQ(refusal_of_keys(R"({"keys":[7]})"), "the keys of tokens: a key is no object");
  EXPECT_NE(refusal_of_keys(""), "taken");
  EXPECT_NE(refusal_of_keys("<html>"), "taken");
  EXPECT_EQ(refusal_of_keys(std::string(JwkSet::kMostBytes + 1, ' ')),
            "the keys of tokens: the document is too large");
}

TEST(JwkSet, is_not_read_from_a_document_of_too_many_values) {
  std::string text = "{\"more\":[0";
  for (int i = 0; i < 4096; ++i) text += ",0";
  EXPECT_EQ(refusal_of_keys(text + "],\"keys\":[" + issuer().rsa_jwk("a") + "]}"),
            "the keys of tokens: it has too many values");
}

TEST(JwkSet, is_not_read_with_a_secret_key_or_two_of_one_name) {
  const auto good = issuer().rsa_jwk("good");
  const auto is_secret = [&](const std::string& key) {
    return refusal_of_keys(document({good, key})).find("secret") != std::string::npos;
  };
  EXPECT_TRUE(is_secret(R"({"kty":"oct","kid":"a","k":"c2VjcmV0"})"));
  EXPECT_TRUE(is_secret(R"({"kty":"oct","k":"c2VjcmV0"})"));
  EXPECT_TRUE(is_secret(R"({"kid":"a","d":"AQAB"})"));
  EXPECT_TRUE(is_secret(issuer().rsa_jwk("a", R"("d":"AQAB")")));
  EXPECT_TRUE(is_secret(issuer().rsa_jwk("", R"("d":"AQAB")")));
  EXPECT_EQ(refusal_of_keys(document({issuer().rsa_jwk("a"), issuer().p256_jwk("a")})),
            "the keys of tokens: a kid stands twice");
}

TEST(JwkSet, may_leave_out_what_must_not_be_and_all_of_its_name) {
  const auto read = [](const std::vector<std::string>& keys) {
    auto set = JwkSet::parse(document(keys), JwkSet::Faults::left_out);
    EXPECT_TRUE(set) << set.error();
    return *std::move(set);
  };
  const auto good = issuer().rsa_jwk("good");
  const auto a = issuer().rsa_jwk("a");
  const auto secret = issuer().p256_jwk("a", R"("d":"AQAB")");
  for (const auto& keys : {std::vector{a, secret, good}, {secret, a, good}, {a, good, a, a}}) {
    const auto set = read(keys);
    EXPECT_EQ(set.size(), 1U);
    EXPECT_NE(set.find("good", "RS256"), nullptr);
    EXPECT_NE(set.why_left_out().find("a kid stands twice"), std::string::npos);
  }
  EXPECT_EQ(read({"7", R"({"kty":"oct","k":"AA"})", "7", good}).why_left_out(),
            "a key is no object; there is a secret key among them, which others can sign with");
  EXPECT_TRUE(read({}).empty());
  EXPECT_TRUE(read({secret}).empty());
  std::vector<std::string> many(JwkSet::kMostKeys, "{}");
  many.front() = a;
  many.push_back(good);
  EXPECT_EQ(read(many).size(), 1U);
  EXPECT_FALSE(JwkSet::parse(document(many)));
  for (const std::string text : {"", "{}", "[]", R"({"keys":{}})", "<html>"}) {
    EXPECT_FALSE(JwkSet::parse(text, JwkSet::Faults::left_out)) << text;
  }
}

// Left out where there is another; alone it is why there is none.
std::string why_left_out(const std::string& key) {
  const auto keys = JwkSet::parse(document({key, issuer().rsa_jwk("good")}));
  EXPECT_TRUE(keys) << keys.error();
  if (!keys || keys->size() != 1 || keys->find("good", "RS256") == nullptr) return "taken";
  const std::string start = "the keys of tokens: none is for RS256 or ES256: ";
  const auto refusal = refusal_of_keys(document({key}));
  EXPECT_EQ(refusal.substr(0, start.size()), start) << key;
  return refusal.size() < start.size() ? refusal : refusal.substr(start.size());
}

TEST(JwkSet, leaves_out_a_key_that_is_unsound) {
  EXPECT_EQ(why_left_out(issuer().rsa_jwk("")), "a key has no kid");
  EXPECT_EQ(why_left_out(R"({"kty":"EC","crv":"P-256"})"), "a key has no kid");
  EXPECT_EQ(why_left_out(R"({"kid":"a"})"), "a key has no kty");
  EXPECT_EQ(why_left_out(R"({"kty":"RSA","kid":"a","n":"?","e":"AQAB"})"),
            "n or e of an RSA key is not base64url");
  const TokenIssuer weak(1024);
  EXPECT_EQ(why_left_out(weak.rsa_jwk("a")), "an RSA key must have from 2048 to 8192 bits");
  const auto n = to_base64_url(std::string(256, '\xff'));
  for (const auto* e : {"AQ", "Ag", "AAAA", "", "_____wE"}) {
    EXPECT_NE(
        why_left_out(R"({"kty":"RSA","kid":"a","n":")" + n + R"(","e":")" + std::string(e) + "\"}"),
        "taken")
        << e;
  }
  const auto point = to_base64_url(std::string(32, '\x01'));
  EXPECT_EQ(why_left_out(R"({"kty":"EC","crv":"P-256","kid":"a","x":")" + point + R"(","y":")" +
                         point + "\"}"),
            "the coordinates are no point of P-256");
  EXPECT_NE(why_left_out(R"({"kty":"EC","crv":"P-256","kid":"a","x":"AA","y":"AA"})"), "taken");
}

}  // namespace
}  // namespace ottla::broker
