#include "protocol/sasl/scram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace ottla::protocol {
namespace {

constexpr std::string_view kUser = "user";
constexpr std::string_view kPassword = "pencil";
constexpr std::string_view kClientNonce = "rOprNGfwEbeRWgbNEkqO";
constexpr std::string_view kServerNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
constexpr std::string_view kSalt = "W22ZaJ0SNY7soEsUEjb6gQ==";

const std::string kServerFirst =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

std::string salt() {
  std::string bytes;
  EXPECT_TRUE(base::from_base64(kSalt, bytes));
  return bytes;
}

ScramCredential credential(ScramMechanism mechanism, std::string_view password = kPassword,
                           std::int32_t iterations = 4096) {
  return make_scram_credential(mechanism, salt_password(mechanism, password, salt(), iterations),
                               salt(), iterations);
}

struct Vector {
  ScramMechanism mechanism;
  std::string client_final;
  std::string server_final;
};

// RFC 7677, section 3, and what Python's hashlib makes of the same with SHA-512.
const std::vector<Vector> kVectors = {
    {ScramMechanism::sha_256,
     "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
     "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
     "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
    {ScramMechanism::sha_512,
     "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
     "p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
     "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw=="},
};

// A client that was given the server's first message.
ScramClient client(ScramMechanism mechanism = ScramMechanism::sha_256) {
  ScramClient made(mechanism, kUser, std::string(kClientNonce));
  EXPECT_TRUE(made.on_server_first(kServerFirst));
  return made;
}

// A server that has sent it.
ScramServer server(std::string_view client_first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
                   ScramMechanism mechanism = ScramMechanism::sha_256) {
  ScramServer made(mechanism);
  const auto user = made.on_client_first(client_first);
  EXPECT_TRUE(user) << user.error();
  made.first_message(credential(mechanism), kServerNonce);
  return made;
}

Result<std::string> user_in(std::string_view client_first) {
  return ScramServer(ScramMechanism::sha_256).on_client_first(client_first);
}

TEST(ScramClient, says_what_the_rfc_says) {
  for (const auto& [mechanism, client_final, server_final] : kVectors) {
    ScramClient client(mechanism, kUser, std::string(kClientNonce));
    EXPECT_EQ(client.first_message(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    ASSERT_TRUE(client.on_server_first(kServerFirst));
    EXPECT_EQ(client.salt(), salt());
    EXPECT_EQ(client.iterations(), 4096);
    const auto salted = salt_password(mechanism, kPassword, client.salt(), client.iterations());
    EXPECT_EQ(client.final_message(salted), client_final);
    EXPECT_TRUE(client.on_server_final(server_final));
  }
}

TEST(ScramServer, says_what_the_rfc_says) {
  for (const auto& [mechanism, client_final, server_final] : kVectors) {
    ScramServer server(mechanism);
    const auto user = server.on_client_first("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    ASSERT_TRUE(user) << user.error();
    EXPECT_EQ(*user, kUser);
    EXPECT_EQ(server.first_message(credential(mechanism), kServerNonce), kServerFirst);
    const auto verifier = server.on_client_final(client_final);
    ASSERT_TRUE(verifier) << verifier.error();
    EXPECT_EQ(*verifier, server_final);
  }
}

TEST(ScramClient, names_with_commas_and_equals_signs_arrive_as_they_were) {
  for (const auto* name : {"a,b", "a=b", "=2C", "František", ",", "="}) {
    const ScramClient client(ScramMechanism::sha_512, name, "nonce");
    const auto user = user_in(client.first_message());
    ASSERT_TRUE(user) << user.error();
    EXPECT_EQ(*user, name);
  }
}

TEST(ScramClient, a_nonce_that_does_not_go_on_with_its_own_is_refused) {
  for (const auto* nonce : {"rOprNGfwEbeRWgbNEkqP%hv", "x", "rOprNGfwEbeRWgbNEkqO", "rOprNGf"}) {
    ScramClient client(ScramMechanism::sha_256, kUser, std::string(kClientNonce));
    const auto taken =
        client.on_server_first("r=" + std::string(nonce) + ",s=" + std::string(kSalt) + ",i=4096");
    ASSERT_FALSE(taken) << nonce;
    EXPECT_EQ(taken.error().code(), ErrorCode::sasl_authentication_failed);
    EXPECT_NE(taken.error().message().find("nonce"), std::string::npos);
  }
}

TEST(ScramClient, iterations_that_are_too_few_or_too_many_are_refused) {
  for (const auto* iterations : {"1", "4095", "1000001", "2147483647"}) {
    ScramClient client(ScramMechanism::sha_256, kUser, std::string(kClientNonce));
    const auto taken = client.on_server_first("r=rOprNGfwEbeRWgbNEkqOx,s=" + std::string(kSalt) +
                                              ",i=" + iterations);
    ASSERT_FALSE(taken) << iterations;
    EXPECT_NE(taken.error().message().find("iterations"), std::string::npos) << taken.error();
  }
  ScramClient client(ScramMechanism::sha_256, kUser, std::string(kClientNonce));
  EXPECT_TRUE(
      client.on_server_first("r=rOprNGfwEbeRWgbNEkqOx,s=" + std::string(kSalt) + ",i=1000000"));
}

TEST(ScramClient, what_is_no_servers_first_message_is_refused) {
  const std::string good = "r=rOprNGfwEbeRWgbNEkqOx,s=" + std::string(kSalt) + ",i=4096";
  for (const auto& message : std::vector<std::string>{
           "", std::string("r="), std::string(","), good.substr(1), "m=x," + good, good + ",m=must",
           good + "0000000000000", "s=QQ==,r=rOprNGfwEbeRWgbNEkqOx,i=4096",
           std::string("r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096"),
           std::string("r=rOprNGfwEbeRWgbNEkqOx,s=Q,i=4096"),
           std::string("r=rOprNGfwEbeRWgbNEkqOx,s=QQ==,i=-4096"),
           std::string("r=rOprNGfwEbeRWgbNEkqOx,s=QQ==,i=4096x"),
           std::string("r=rOprNGfwEbeRWgbNEkqOx,s=QQ==,i="),
           std::string("r=rOprNGfwEbeRWgbNEkqOx,s=QQ=="), good + "," + std::string(5000, 'x')}) {
    ScramClient client(ScramMechanism::sha_256, kUser, std::string(kClientNonce));
    const auto taken = client.on_server_first(message);
    ASSERT_FALSE(taken) << message;
    EXPECT_EQ(taken.error().code(), ErrorCode::sasl_authentication_failed);
  }
}

TEST(ScramClient, a_server_that_does_not_know_the_user_is_found_out) {
  auto asked = client();
  asked.final_message(salt_password(ScramMechanism::sha_256, kPassword, salt(), 4096));
  for (const auto* message : {"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=", "v=AAAA", "v=", "",
                              "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4",
                              "x=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="}) {
    const auto verified = asked.on_server_final(message);
    ASSERT_FALSE(verified) << message;
    EXPECT_EQ(verified.error().code(), ErrorCode::sasl_authentication_failed);
  }
}

TEST(ScramClient, a_verifier_before_the_proof_is_none) {
  EXPECT_FALSE(client().on_server_final("v="));
}

TEST(ScramClient, an_error_of_the_server_is_not_repeated) {
  auto asked = client();
  asked.final_message(salt_password(ScramMechanism::sha_256, kPassword, salt(), 4096));
  const auto verified = asked.on_server_final("e=\x1b[31mevil");
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().message().find("evil"), std::string::npos);
}

TEST(ScramServer, a_wrong_password_is_refused) {
  auto asked = client();
  const auto proof =
      asked.final_message(salt_password(ScramMechanism::sha_256, "wrong", salt(), 4096));
  const auto verifier = server().on_client_final(proof);
  ASSERT_FALSE(verifier);
  EXPECT_EQ(verifier.error().code(), ErrorCode::sasl_authentication_failed);
}

TEST(ScramServer, a_proof_is_good_for_its_own_exchange_only) {
  ScramServer other(ScramMechanism::sha_256);
  ASSERT_TRUE(other.on_client_first("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
  other.first_message(credential(ScramMechanism::sha_256), "another");
  EXPECT_FALSE(other.on_client_final(kVectors[0].client_final));
  auto same = server();
  EXPECT_TRUE(same.on_client_final(kVectors[0].client_final));
  EXPECT_FALSE(same.on_client_final(kVectors[0].client_final));
}

// A final message of a client that knows the password, with this nonce in it.
std::string final_message_with(const std::string& nonce) {
  constexpr auto kHash = base::Hash::sha_256;
  const auto without_proof = "c=biws,r=" + nonce;
  const auto auth =
      "n=user,r=" + std::string(kClientNonce) + "," + kServerFirst + "," + without_proof;
  const auto salted = salt_password(ScramMechanism::sha_256, kPassword, salt(), 4096);
  auto proof = base::hmac(kHash, salted, "Client Key");
  const auto signature = base::hmac(kHash, base::digest(kHash, proof), auth);
  for (std::size_t i = 0; i < proof.size(); ++i) {
    proof[i] = static_cast<char>(proof[i] ^ signature[i]);
  }
  return without_proof + ",p=" + base::to_base64(proof);
}

// CVE-2024-56128: a proof of the password over another nonce than the one that was sent.
TEST(ScramServer, the_nonce_of_the_final_message_is_looked_at) {
  const std::string ours(kServerNonce);
  const std::string theirs(kClientNonce);
  EXPECT_TRUE(server().on_client_final(final_message_with(theirs + ours)));
  for (const auto& nonce : {ours, theirs, theirs + theirs, theirs + ours + "x", "x" + theirs + ours,
                            theirs + theirs + theirs + ours, ours + ours, std::string()}) {
    EXPECT_FALSE(server().on_client_final(final_message_with(nonce))) << nonce;
  }
}

TEST(ScramServer, the_nonce_may_be_as_librdkafka_had_it_before_2_6_1) {
  const std::string ours(kServerNonce);
  const std::string theirs(kClientNonce);
  EXPECT_TRUE(server().on_client_final(final_message_with(theirs + theirs + ours)));
}

TEST(ScramServer, the_channel_binding_of_the_final_message_is_that_of_the_first) {
  const auto& good = kVectors[0].client_final;
  for (const auto* binding : {"c=eSws", "c=biwsYQ==", "c=", "c=biw="}) {
    EXPECT_FALSE(server().on_client_final(binding + good.substr(good.find(",r=")))) << binding;
  }
}

TEST(ScramServer, what_is_no_clients_first_message_is_refused) {
  for (const auto& message : std::vector<std::string>{std::string(),
                                                      std::string("n"),
                                                      std::string("n,"),
                                                      std::string("n,,"),
                                                      std::string("n,,n=user"),
                                                      std::string("n,,n=user,"),
                                                      std::string("n,,n=user,r="),
                                                      std::string("n,,n=,r=x"),
                                                      std::string("n,,r=x,n=user"),
                                                      std::string("n,,n=us=er,r=x"),
                                                      std::string("n,,n=us=2,r=x"),
                                                      std::string("n,,n=us=2c,r=x"),
                                                      std::string("n,,m=ext,n=user,r=x"),
                                                      std::string("n,,n=user,r=x,m=ext"),
                                                      std::string("n,user,n=user,r=x"),
                                                      std::string("x,,n=user,r=x"),
                                                      std::string("n,,n=user,r=a b"),
                                                      std::string("n,,n=us\0er,r=x", 14),
                                                      std::string("p=tls-unique,,n=user,r=x"),
                                                      "n,,n=user,r=" + std::string(5000, 'x')}) {
    const auto user = user_in(message);
    ASSERT_FALSE(user) << message;
    EXPECT_EQ(user.error().code(), ErrorCode::sasl_authentication_failed);
    EXPECT_EQ(user.error().message().find("user,r"), std::string::npos) << user.error();
  }
}

// CVE-2017-12610.
TEST(ScramServer, nobody_acts_for_somebody_else) {
  EXPECT_FALSE(user_in("n,a=admin,n=user,r=x"));
  EXPECT_FALSE(user_in("n,a=,n=user,r=x"));
  EXPECT_TRUE(user_in("n,a=user,n=user,r=x"));
  EXPECT_TRUE(user_in("n,a=us=2Cer,n=us=2Cer,r=x"));
}

TEST(ScramServer, extensions_are_passed_over_and_tokens_are_not_users) {
  EXPECT_TRUE(user_in("n,,n=user,r=x,other=thing"));
  EXPECT_FALSE(user_in("n,,n=user,r=x,tokenauth=true"));
}

TEST(ScramServer, what_is_no_clients_final_message_is_refused) {
  const auto& good = kVectors[0].client_final;
  for (const auto& message : std::vector<std::string>{
           "", std::string("c=biws"), good.substr(2), good + "A", good.substr(0, good.size() - 1),
           good.substr(0, good.find(",p=")), "m=x," + good, good + ",x=y",
           good.substr(0, good.find(",p=")) + ",p=" + std::string(5000, 'A')}) {
    EXPECT_FALSE(server().on_client_final(message)) << message;
  }
}

TEST(ScramServer, a_message_out_of_turn_is_refused) {
  ScramServer fresh(ScramMechanism::sha_256);
  EXPECT_FALSE(fresh.on_client_final(kVectors[0].client_final));
  EXPECT_FALSE(fresh.on_client_final("c=,r=,p="));
}

TEST(Form, is_what_a_client_sees_of_a_credential) {
  EXPECT_EQ(form_of({.salt = "0a9z", .iterations = 8192}),
            (ScramForm{.iterations = 8192, .salt_size = 4, .is_text = true}));
  EXPECT_EQ(form_of({.salt = "A", .iterations = 4096}),
            (ScramForm{.iterations = 4096, .salt_size = 1, .is_text = false}));
}

TEST(Decoy, looks_like_a_credential_and_is_always_the_same) {
  const std::vector<ScramForm> forms = {{.iterations = 8192, .salt_size = 100, .is_text = true}};
  const auto decoy = make_decoy(ScramMechanism::sha_256, "nobody", forms);
  EXPECT_EQ(decoy, make_decoy(ScramMechanism::sha_256, "nobody", forms));
  EXPECT_NE(decoy.salt, make_decoy(ScramMechanism::sha_256, "noone", forms).salt);
  EXPECT_EQ(form_of(decoy), forms[0]);
  EXPECT_EQ(decoy.stored_key.size(), 32U);
  EXPECT_EQ(decoy.server_key.size(), 32U);
}

TEST(Decoy, has_each_of_the_forms_that_there_are_for_some_names) {
  std::vector<ScramForm> forms = {{.iterations = 4096, .salt_size = 26, .is_text = true},
                                  {.iterations = 8192, .salt_size = 16, .is_text = false},
                                  {.iterations = 8192, .salt_size = 26, .is_text = true}};
  std::vector<int> times(forms.size());
  for (int i = 0; i < 300; ++i) {
    const auto user = "user" + std::to_string(i);
    const auto form = form_of(make_decoy(ScramMechanism::sha_512, user, forms));
    const auto found = std::find(forms.begin(), forms.end(), form);
    ASSERT_NE(found, forms.end());
    ++times[static_cast<std::size_t>(found - forms.begin())];
  }
  for (const int each : times) EXPECT_GT(each, 30);  // of a hundred, more or less
}

TEST(Decoy, is_kept_or_takes_the_new_form_when_there_is_one_more) {
  const std::vector<ScramForm> few = {{.iterations = 4096}, {.iterations = 5000}};
  const std::vector<ScramForm> more = {
      {.iterations = 6000}, {.iterations = 4096}, {.iterations = 5000}};
  for (int i = 0; i < 100; ++i) {
    const auto user = "user" + std::to_string(i);
    const auto before = make_decoy(ScramMechanism::sha_256, user, few);
    const auto after = make_decoy(ScramMechanism::sha_256, user, more);
    EXPECT_TRUE(after == before || after.iterations == 6000) << user;
  }
}

TEST(Decoy, is_like_what_brokers_make_where_there_is_no_user) {
  EXPECT_EQ(form_of(make_decoy(ScramMechanism::sha_256, "nobody", {})), ScramForm());
  EXPECT_EQ(scram_random().size(), ScramForm().salt_size);
}

TEST(ScramRandom, is_what_a_nonce_may_be_and_never_the_same) {
  EXPECT_NE(scram_random(), scram_random());
  EXPECT_TRUE(user_in("n,,n=user,r=" + scram_random()));
}

TEST(ScramMechanisms, have_the_names_and_numbers_that_kafka_gives_them) {
  EXPECT_EQ(to_string(ScramMechanism::sha_256), "SCRAM-SHA-256");
  EXPECT_EQ(parse_scram_mechanism("SCRAM-SHA-512"), ScramMechanism::sha_512);
  EXPECT_EQ(parse_scram_mechanism("SCRAM-SHA-1"), std::nullopt);
  EXPECT_EQ(scram_mechanism(1), ScramMechanism::sha_256);
  EXPECT_EQ(scram_mechanism(2), ScramMechanism::sha_512);
  EXPECT_EQ(scram_mechanism(0), std::nullopt);
  EXPECT_EQ(scram_mechanism(3), std::nullopt);
}

}  // namespace
}  // namespace ottla::protocol
