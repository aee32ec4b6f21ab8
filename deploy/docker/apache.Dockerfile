# Debian's Apache 2.4 with deploy/apache/steward.conf in front of the two Stewards of compose.yaml.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends apache2 \
    && rm -rf /var/lib/apt/lists/*
RUN a2enmod -q alias headers proxy proxy_http proxy_balancer lbmethod_byrequests slotmem_shm setenvif \
    && a2dissite -q 000-default
COPY deploy/apache/steward.conf /etc/apache2/sites-available/steward.conf
RUN printf 'Define STEWARD_A 172.30.80.3:8080\nDefine STEWARD_B 172.30.80.4:8080\nServerName localhost\n' \
        > /etc/apache2/conf-available/steward-members.conf \
    && a2enconf -q steward-members \
    && a2ensite -q steward
EXPOSE 80
STOPSIGNAL SIGWINCH
# Not apachectl: it stays in front as a shell, which lets SIGWINCH (stop once what runs is answered) pass unseen.
CMD ["sh", "-c", ". /etc/apache2/envvars && mkdir -p $APACHE_RUN_DIR && exec apache2 -DFOREGROUND"]
